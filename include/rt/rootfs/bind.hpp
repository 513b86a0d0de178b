#pragma once

#include "rt/os/fd.hpp"
#include "rt/plan/mounts.hpp"

namespace rt::rootfs {

/// The source of a bind mount as a detached copy, with its propagation and attributes; `root` >= 0: found in that rootfs.
/// \throws Error: which source, and why it cannot be bound
os::UniqueFd open_bind_source(int root, const plan::Mount& mount);

/// Sets the attributes and the propagation that the plan wants on a mount. \throws Error
void change_mount(int tree, const plan::Mount& mount);

}  // namespace rt::rootfs
