#pragma once

#include <sys/stat.h>

#include <string>

#include "rt/plan/mounts.hpp"

namespace rt::plan {

/// The status of a file of the disk with the owner that a mount with this mapping shows, as the host counts: 4294967295, which
/// is no id, for one that the mapping lacks. Without a mapping (nullptr) as it is.
struct stat shown_status(struct stat on_disk, const MountIdMapping* mapping) noexcept;

/// "mode 0700, owner on the host 0:0"; with a mapping "mode 0700, owner on the disk 0:0, which shows as 100000:100000".
std::string describe_owner(const struct stat& on_disk, const MountIdMapping* mapping);

}  // namespace rt::plan
