// What the tests of cgroups share: names of their own, processes of their own, and a view in which there is only v2.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "root/private_mounts.hpp"
#include "rt/cgroup/cgroup.hpp"
#include "rt/os/fd.hpp"

namespace rt::test {

// A name that no other test has.
std::string unique_name();

// The mount namespace of this process until the end of the scope is a private one, in which /sys/fs/cgroup shows cgroup v2
// and nothing else. The mounts of the machine stay as they are.
class UnifiedView {
public:
    UnifiedView();

private:
    PrivateMounts mounts_;
};

// Every view that this machine has: its own mounts, and v2 only where that is another one.
enum class Layout : std::uint8_t { as_mounted, unified };
void in_each_layout(const std::function<void(Layout)>& test);

// A child that waits until it is killed, and is killed at the end of the scope. It may be born in a cgroup.
class Process {
public:
    explicit Process(int birth_fd = -1);
    // The child runs `work` once let go; its answer is the exit status.
    explicit Process(const std::function<int()>& work);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    Process(Process&& other) noexcept = default;
    ~Process();

    pid_t pid() const noexcept { return pid_; }
    bool has_ended() const;
    // Lets the work begin and waits for its exit status; -1 when a signal ended it.
    int finish();
    void let_go();

private:
    pid_t pid_ = -1;
    os::UniqueFd pidfd_;
    os::UniqueFd gate_;
};

// Where `path` (from the root of each hierarchy) is, as the layout of this moment has it.
plan::Cgroup plan_at(const std::string& path, const std::vector<spec::DeviceRule>& devices = {});

bool exists(const std::string& path);
// Those that exist.
std::vector<std::string> left_of(const std::vector<std::string>& directories);
// The lines of /proc/PID/cgroup that do not end with the path: the hierarchies in which the process is not in that cgroup.
std::vector<std::string> outside_of(pid_t pid, const std::string& path);
// mkdir in every hierarchy, removed at the end of the scope.
class MadeByHand {
public:
    explicit MadeByHand(std::vector<std::string> directories);
    MadeByHand(const MadeByHand&) = delete;
    MadeByHand& operator=(const MadeByHand&) = delete;
    ~MadeByHand();
    const std::vector<std::string>& directories() const noexcept { return directories_; }

private:
    std::vector<std::string> directories_;
};

// Freezes or thaws the cgroup by the file that its hierarchy has.
void set_frozen(const std::vector<std::string>& directories, bool frozen);
void move_into(pid_t pid, const std::vector<std::string>& directories);

}  // namespace rt::test
