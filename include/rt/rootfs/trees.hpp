#pragma once

#include <cstddef>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

/// Opens the rootfs as a detached copy of its mounts, out of the host's peer groups. For a rootfs that is entered by
/// chroot only: the directory itself. With the caller's rights, so directories above it need not be searchable for the
/// container's root; the rootfs directory itself must be, and the error says who would need what.
/// \throws Error
os::UniqueFd open_rootfs(const plan::Rootfs& rootfs);

/// What mounts[mount_index] shows, as a detached mount with its final attributes: the bind source, the tmpfs for /dev,
/// or the host's /sys for a sysfs that was refused. Called by the runtime on init's request (trees_by_runtime), else
/// by init. \throws Error
os::UniqueFd open_tree_for(const plan::Rootfs& rootfs, std::size_t mount_index);

/// Whether init will certainly ask for the tree of that mount: it can be sent before it asks.
bool needs_tree(const plan::Mount& mount) noexcept;

}  // namespace rt::rootfs
