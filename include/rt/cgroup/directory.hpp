#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::cgroup {

/// An open directory of a cgroup file system.
struct Directory {
    std::string path;  ///< absolute, for messages
    os::UniqueFd fd;
    bool unified = false;  ///< of the v2 hierarchy
};

/// Opens a directory by the absolute path that a record names; empty when it does not exist. No symbolic link is followed.
/// \throws Error: it is not below the root of a cgroup file system
std::optional<Directory> try_open_directory(const std::string& path);

/// Those of the directories that exist, the v2 one first. \throws Error
std::vector<Directory> open_existing(const std::vector<std::string>& paths);

/// The cgroups directly beneath it. \throws Error
std::vector<Directory> children_of(const Directory& directory);

/// The pids of all processes in it and beneath it. \throws Error
std::set<pid_t> processes_in(const Directory& directory);

/// Why no process may be put into it: it, or something beneath it, holds processes; it is frozen. Empty when nothing is against
/// it. \throws Error
std::string why_unusable(const Directory& directory);

/// Moves a process into the cgroup. \throws Error that explains the kernel's refusal
void take_in(const Directory& directory, pid_t pid);

/// Waits until processes may have left the cgroups, with growing pauses: on v2 the kernel tells, on v1 there is only asking.
class Patience {
public:
    Patience() : deadline_(std::chrono::steady_clock::now() + std::chrono::seconds(10)) {}

    /// False when it is at its end.
    bool wait(const Directory& directory);

private:
    std::chrono::steady_clock::time_point deadline_;
    std::chrono::nanoseconds pause_ = std::chrono::microseconds(250);
};

}  // namespace rt::cgroup
