#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rt/cgroup/directory.hpp"
#include "rt/plan/exec_cgroup.hpp"

namespace rt::cgroup {

/// The cgroups, one in each hierarchy, that a further process of a running container is put into.
class Place {
public:
    /// Tells the absolute directory that init has now in the hierarchy of another directory; empty when it is out of sight.
    using FindInit = std::function<std::optional<std::string>(const std::string& directory)>;

    /// \throws Error: one is missing; a path leads out of the cgroup of the container
    static Place open(std::vector<plan::ExecCgroup> plan, FindInit find_init);

    /// The v2 directory, for CLONE_INTO_CGROUP; -1 when there is none.
    int birth_fd() const noexcept { return unified_ && born_inside_ ? unified_->fd.get() : -1; }
    /// The kernel refused CLONE_INTO_CGROUP with that errno. Whether to try again with what birth_fd() is now: the v2 cgroup
    /// of init, where the process may follow that; none, and join() says why. \throws Error
    bool refused_birth(int code);
    /// Whether join() has anything to do.
    bool joins_later() const noexcept;
    /// Moves a process into every cgroup that it was not born in. \throws Error that explains the kernel's refusal
    void join(pid_t pid) const;

private:
    Place(std::vector<plan::ExecCgroup> plan, FindInit find_init)
        : plan_(std::move(plan)), find_init_(std::move(find_init)) {}

    Directory open_one(const plan::ExecCgroup& entry) const;
    std::optional<Directory> try_open_that_of_init(const plan::ExecCgroup& entry) const;

    std::vector<plan::ExecCgroup> plan_;  ///< without that of v2
    std::optional<plan::ExecCgroup> unified_plan_;
    std::optional<Directory> unified_;
    FindInit find_init_;
    bool born_inside_ = true;
};

}  // namespace rt::cgroup
