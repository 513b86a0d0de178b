#pragma once

#include <cstddef>
#include <functional>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

/// Gives the detached tree of the rootfs the mapping of the plan, after a look at it by require_reachable(): the last moment at
/// which its files have the owners of the disk. Called when the plan has a mapping. \throws Error
using MapRootfs = std::function<void(int tree)>;

/// Opens the rootfs as a detached copy of its mounts, out of the host's peer groups; for one that is entered by chroot only
/// the directory itself. With the caller's rights, so directories above it need not be searchable for the container's root;
/// the rootfs directory itself must be, and the error says who needs which right.
/// Empty when it is init that has to open it (Rootfs::by_runtime is false): Rootfs::prepare() does it then. \throws Error
os::UniqueFd open_rootfs(const plan::Rootfs& rootfs, const MapRootfs& map);

/// Whether init enters the rootfs directory before it makes its mount namespace, by a descriptor that the runtime opens with the
/// caller's rights: the path may be closed to the container's root.
bool is_working_directory(const plan::Rootfs& rootfs) noexcept;

/// The directory itself, as this mount namespace has it. \throws Error
os::UniqueFd open_rootfs_directory(const plan::Rootfs& rootfs);

/// What mounts[mount_index] shows, as a detached mount with its final attributes: a bind source or the (still empty) tmpfs for /dev.
/// Called by the runtime for the mounts that have opened_by_runtime, for other bind mounts by init. \throws Error
os::UniqueFd open_tree_for(const plan::Rootfs& rootfs, std::size_t mount_index);

/// The same for the host's /sys, read-only with all below it: in place of a sysfs that the kernel refused. \throws Error
os::UniqueFd open_read_only_sys(const plan::Mount& mount);

/// Opens the rootfs whoever's turn it is; init by its working directory, where it is that. \throws Error
os::UniqueFd open_rootfs_here(const plan::Rootfs& rootfs, const MapRootfs& map);

}  // namespace rt::rootfs
