#pragma once

#include <cstddef>
#include <functional>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

/// Gives the tree of mounts[mount_index] as the runtime opened it (open_tree_for()). Called in ascending order, once for
/// each mount with opened_by_runtime.
using TreeSource = std::function<os::UniqueFd(std::size_t mount_index)>;

/// Carries out mounts[index] in the rootfs `root`. Gives the mount; empty when a symbolic link was made in its place.
/// \throws Error with the mount in its steps
os::UniqueFd carry_out_mount(int root, const plan::Rootfs& plan, std::size_t index, const TreeSource& tree_for);

}  // namespace rt::rootfs
