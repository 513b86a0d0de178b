#pragma once

#include <sys/types.h>

#include "rt/plan/scheduling.hpp"

namespace rt::scheduling {

/// Gives the process (0: the calling one) its scheduling policy (sched_setattr(2)) and I/O priority (ioprio_set(2)), what of
/// both is planned. Its children inherit them. \throws Error that says which privilege or limit is in the way
void set_scheduling(pid_t pid, const plan::Scheduling& scheduling);

/// Lets the process run on every CPU that its cpuset has, however its parent was pinned (sched_setaffinity(2)); 0 or errno.
int try_reset_cpu_affinity(pid_t pid) noexcept;

/// Lets the process run on those of the CPUs that its cpuset has; 0 or errno (EINVAL: it has none of them).
int try_set_cpu_affinity(pid_t pid, const plan::NumberSet& cpus) noexcept;

}  // namespace rt::scheduling
