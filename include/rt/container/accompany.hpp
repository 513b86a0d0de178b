#pragma once

#include "rt/base/attempt.hpp"
#include "rt/container/build.hpp"
#include "rt/idmap/mount_mapper.hpp"
#include "rt/os/procfs.hpp"

namespace rt::container {

/// The runtime's turns in the choreography, from the birth of init until it only waits for start. \throws Error: what init
/// or this side could not do; init::PeerGone
void accompany_init(Built& built, const os::Procfs& procfs, idmap::MountMapper& mapper);

/// Sets what a process that was just born cannot set for itself: hard limits above those of rt, oom_score_adj. \throws Error
void set_from_outside(pid_t pid, const plan::Process& process, const os::Procfs& procfs,
                      const Attempt& attempt = at_once);

}  // namespace rt::container
