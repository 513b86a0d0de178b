#pragma once

#include <sys/types.h>

#include "rt/os/procfs.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::idmap {

/// How the maps of a new user namespace get written (user_namespaces(7)).
enum class Writer : std::uint8_t {
    privileged,  ///< rt holds CAP_SETUID and CAP_SETGID in the parent namespace: any mapping
    own_id       ///< one line that maps rt's own id; setgroups(2) is denied first, as the kernel demands
};

/// Writes uid_map and gid_map of the process `pid`, which sits in a new user namespace without mappings.
/// \throws Error that names the limit or the capability behind the kernel's refusal
void write_maps(const os::Procfs& procfs, pid_t pid, const plan::UserMappings& mappings, Writer writer);

}  // namespace rt::idmap
