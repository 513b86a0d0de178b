#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rt/base/attempt.hpp"
#include "rt/plan/process.hpp"

namespace rt::privileges {

/// Becomes root of the user namespace that was just entered: its ids, no supplementary groups. `keeps_groups`: they stay, because
/// they are to, or the namespace forbids setgroups(2). \throws Error
void become_namespace_user(std::uint32_t uid, std::uint32_t gid, bool keeps_groups);

/// Takes the ids and the capabilities of the container's process, in the order that lets each step still be allowed:
/// bounding set, groups, gid, uid, then the other sets (capabilities(7)). \throws Error
void become_process_user(const plan::Credentials& credentials, const plan::CapabilitySets& sets);

/// Adds a permitted capability to the effective set of the calling thread. \throws Error
void raise_capability(unsigned capability);

/// no_new_privs (PR_SET_NO_NEW_PRIVS(2const)). \throws Error
void forbid_new_privileges();

/// Sets the soft and hard limits of the calling process. \throws Error: raising needs CAP_SYS_RESOURCE
void set_limits(const std::vector<plan::ResourceLimit>& limits, const Attempt& attempt = at_once);

/// Raises, from outside, those hard limits of a process that lie below the planned ones: inside a user namespace nobody
/// may (prlimit(2)). \throws Error that names CAP_SYS_RESOURCE
void raise_hard_limits(pid_t pid, const std::vector<plan::ResourceLimit>& limits, const Attempt& attempt = at_once);

}  // namespace rt::privileges
