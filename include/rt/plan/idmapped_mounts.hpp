#pragma once

#include <optional>

#include "rt/plan/mount_entry.hpp"

namespace rt::plan {

/// Whether the entry asks for an id-mapped mount: by the option idmap or ridmap, or by mappings of its own (config.md: the
/// option "SHOULD" stand beside them, so they count without it, for the mount alone like idmap).
bool wants_id_mapping(const MountEntry& entry);

/// Gives `mount`, planned from the entry, its mapping: its own, or else that of the container.
/// \throws Error with the pointer: only one of uidMappings and gidMappings, mappings that the kernel would not take, no
/// mapping at all, a caller without the right, a file system that shows ids of a namespace
void plan_id_mapping(Mount& mount, const MountEntry& entry);

}  // namespace rt::plan
