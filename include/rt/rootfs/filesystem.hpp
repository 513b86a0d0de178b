#pragma once

#include "rt/os/fd.hpp"
#include "rt/plan/mounts.hpp"
#include "rt/rootfs/target.hpp"

namespace rt::rootfs {

/// The new file system of a mount of kind filesystem, detached; or what the plan puts in its place when the kernel refuses it.
/// \throws Error with the kernel's own words
os::UniqueFd make_filesystem(const plan::Mount& mount, const Target& target);

/// Carries out a mount of kind remount on what is mounted at `target` already, the read-only end excepted. \throws Error
void remount(const plan::Mount& mount, int target);

}  // namespace rt::rootfs
