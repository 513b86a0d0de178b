#pragma once

#include <sys/types.h>

#include "rt/os/procfs.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::idmap {

/// Writes uid_map and gid_map of the process `pid`, which sits in a new user namespace without mappings.
/// Each is written by whom the plan says. \throws Error that names what stands behind the refusal of the kernel, or of the helper
/// in its own words
void write_maps(const os::Procfs& procfs, pid_t pid, const plan::UserMappings& mappings);

}  // namespace rt::idmap
