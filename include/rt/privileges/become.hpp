#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rt/plan/process.hpp"

namespace rt::privileges {

/// Becomes root of the user namespace that was just entered: its ids, no supplementary groups. `groups_denied`: the
/// namespace forbids setgroups(2). \throws Error
void become_namespace_user(std::uint32_t uid, std::uint32_t gid, bool groups_denied);

/// Takes the ids and the capabilities of the container's process, in the order that lets each step still be allowed:
/// bounding set, groups, gid, uid, then the other sets (capabilities(7)). \throws Error
void become_process_user(const plan::Credentials& credentials, const plan::CapabilitySets& sets, bool groups_denied);

/// Adds a permitted capability to the effective set of the calling thread. \throws Error
void raise_capability(unsigned capability);

/// no_new_privs (PR_SET_NO_NEW_PRIVS(2const)). \throws Error
void forbid_new_privileges();

/// Raises the soft limit of open files to the hard one, for rt itself, and returns what it was: the program gets that back.
rlim_t raise_open_files() noexcept;
/// Gives the calling process that soft limit of open files.
void restore_open_files(rlim_t soft) noexcept;

/// Sets the soft and hard limits of the calling process. \throws Error: raising needs CAP_SYS_RESOURCE
void set_limits(const std::vector<plan::ResourceLimit>& limits);

/// Raises, from outside, those hard limits of a process that lie below the planned ones: inside a user namespace nobody
/// may (prlimit(2)). \throws Error that names CAP_SYS_RESOURCE
void raise_hard_limits(pid_t pid, const std::vector<plan::ResourceLimit>& limits);

}  // namespace rt::privileges
