#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/os/procfs.hpp"
#include "rt/plan/process.hpp"

namespace rt::analysis {

/// What the kernel tells of a process in /proc (proc(5)): ids as the reader's user namespace counts.
struct ProcessAttributes {
    std::uint32_t uid = 0;  ///< effective
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
    std::optional<std::uint32_t> umask;
    plan::CapabilitySets capabilities;
    bool no_new_privileges = false;
    int seccomp_mode = 0;                     ///< SECCOMP_MODE_*
    std::optional<unsigned> seccomp_filters;  ///< absent: this kernel does not count them (Linux 5.9)
    std::vector<plan::ResourceLimit> limits;  ///< in the order of the kernel
    std::optional<int> oom_score_adj;         ///< absent: it may not be read
    std::optional<std::string> apparmor;      ///< "unconfined", "PROFILE (enforce)"; absent: the module does not run
    std::optional<std::string> selinux;       ///< a context; likewise
};

/// Reads the text of /proc/PID/status; empty when it is not of that form.
std::optional<ProcessAttributes> parse_process_attributes(std::string_view status);

/// Reads the text of /proc/PID/limits. Lines that are not of that form are left out: the kernel may add some one day.
std::vector<plan::ResourceLimit> parse_limits(std::string_view text);

/// Whether that process (the text of its /proc/PID/status) does not notice the signal: the kernel keeps from the first one of a
/// pid namespace what it has no handler for, KILL and STOP from outside excepted (pid_namespaces(7)). What is blocked waits.
bool never_notices(std::string_view status, int signal);

/// Empty when there is no such process.
std::optional<ProcessAttributes> try_read_process_attributes(const os::Procfs& procfs, pid_t pid);

}  // namespace rt::analysis
