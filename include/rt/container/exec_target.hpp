#pragma once

#include "rt/cgroup/place.hpp"
#include "rt/container/status.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/added_mounts.hpp"
#include "rt/plan/exec.hpp"

namespace rt::container {

/// The running container that gets a further process, or mounts, seen through the first one. Everything is opened or read by the caller's
/// rights, through /proc of the host.
class Target {
public:
    /// \throws Error: its init has ended meanwhile
    Target(const Opened& container, const os::Procfs& procfs);

    /// Those of its user namespace, if that is not the one of rt. \throws Error
    plan::UserMappings user_mappings() const;

    /// Takes the facts and makes the plan, from the config.json that the container was made of. \throws Error
    plan::Exec plan(const plan::ExecRequest& request) const;
    /// The same for mounts that are added.
    plan::AddedMounts plan_mounts(std::vector<spec::Mount> mounts) const;

    /// pidfd of init.
    int init() const noexcept { return init_.get(); }
    /// The root directory of init. \throws Error
    os::UniqueFd open_root() const;
    /// How a process that may not be in the cgroup of the container finds that of init. The target must outlive it.
    cgroup::Place::FindInit find_cgroup_of_init() const;
    /// What was read of the pid so far was that of init. \throws Error: it has ended, and its pid may be another's by now
    void require_alive() const;

private:
    spec::Spec read_config() const;
    plan::ExecTarget describe(const plan::ExecRequest& request, const host::Facts& facts) const;
    plan::UserFiles read_user_files() const;

    const Opened& container_;
    const os::Procfs& procfs_;
    os::UniqueFd init_;
};

}  // namespace rt::container
