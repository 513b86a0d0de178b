#pragma once

#include <cstddef>
#include <functional>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"
#include "rt/rootfs/filesystem.hpp"

namespace rt::rootfs {

/// What the runtime does for init, with the rights of the caller.
struct MountSource {
    /// The tree of mounts[mount_index] as the runtime opened it (open_tree_for()), id-mapped when the plan says so. Called in
    /// ascending order, once for each mount with opened_by_runtime.
    std::function<os::UniqueFd(std::size_t mount_index)> tree;
    /// mounts[mount_index], id-mapped. A bind mount inside the rootfs: of the detached tree `fd`. A new file system: made
    /// outside of the container's user namespace, `fd` being the directory that it will cover, or -1 when that was missing.
    /// One past the last mount: the rootfs, of its detached tree.
    std::function<os::UniqueFd(std::size_t mount_index, int fd)> mapped;
    /// Told of the rootfs tree before that appears in a mount namespace that others are in, where it has to be found again.
    std::function<void(int tree)> attaching;
    /// Tells the user what became of a mount, when it is not what the config says.
    Warn warn;
};

/// Carries out mounts[index] in the rootfs `root`. Gives the mount; empty when a symbolic link was made in its place.
/// \throws Error with the mount in its steps
os::UniqueFd carry_out_mount(int root, const plan::Rootfs& plan, std::size_t index, const MountSource& runtime);

}  // namespace rt::rootfs
