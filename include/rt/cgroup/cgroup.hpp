#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "rt/cgroup/directory.hpp"
#include "rt/cgroup/processes.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/cgroup.hpp"

namespace rt::cgroup {

/// The absolute directories that the container's processes will be in, one per hierarchy: what a record names before any of
/// them is made. Empty when the plan has none.
std::vector<std::string> directories_of(const plan::Cgroup& plan);

/// Those of them, and of their parents, that do not exist now, parents first: what create() is going to make, and what
/// remove() has to be given when the container goes. One that exists already stays then.
std::vector<std::string> directories_to_make(const plan::Cgroup& plan);

/// Refuses a cgroup that exists and holds processes, or is frozen. create() does it too; called before the record is written
/// it makes sure that the record of a create that was killed never names processes of somebody else.
/// \throws Error naming the directory
void require_unused(const plan::Cgroup& plan);

/// The cgroup of a container, in every hierarchy. Removes what it made unless it is released.
class Cgroup {
public:
    /// Makes the directories, prepares them to take processes, and sets limits and device rules. When the plan has a unit of
    /// systemd, nothing is done yet: adopt() follows. \throws Error: nothing that was made is left
    static Cgroup create(const plan::Cgroup& plan);

    /// The same for directories that systemd has made, with the container's process in them already, and makes those that
    /// systemd does not. join() moves the process into these. \throws Error
    void adopt(const plan::Cgroup& plan);

    Cgroup(Cgroup&&) noexcept = default;
    Cgroup& operator=(Cgroup&&) = delete;
    Cgroup(const Cgroup&) = delete;
    Cgroup& operator=(const Cgroup&) = delete;
    ~Cgroup();

    /// The v2 directory, for CLONE_INTO_CGROUP; -1 when there is none, or after join_after_birth().
    int birth_fd() const noexcept;
    /// From now on join() moves the process into the v2 directory too.
    void join_after_birth() noexcept { born_inside_ = false; }
    /// The kernel refused CLONE_INTO_CGROUP with that errno. Whether to try again, after join_after_birth().
    bool refused_birth(int code) noexcept;
    /// Moves a process into every directory that it was not born in. \throws Error that explains the kernel's refusal
    void join(pid_t pid) const;

    /// The directories that were made, parents first.
    const std::vector<std::string>& made() const noexcept { return made_; }
    /// They stay when this object goes.
    void release() noexcept;

private:
    struct Group {
        plan::CgroupDirectory plan;
        os::UniqueFd fd;  ///< of the v2 directory only
    };

    Cgroup() = default;

    void prepare(const plan::Cgroup& plan);
    Directory take(const plan::CgroupDirectory& entry, const plan::Cgroup& plan);
    Directory make(const plan::CgroupDirectory& entry, const std::string& path);
    std::optional<Directory> try_make(const plan::CgroupDirectory& entry, const std::string& path);

    std::vector<Group> groups_;
    std::vector<std::string> made_;
    bool born_inside_ = true;
};

}  // namespace rt::cgroup
