#pragma once

#include <functional>
#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/mounts.hpp"
#include "rt/rootfs/target.hpp"

namespace rt::rootfs {

/// Tells the user something that does not end the work.
using Warn = std::function<void(std::string text)>;

/// The new file system of a mount of kind filesystem, detached; or what the plan puts in its place when the kernel refuses it,
/// which the user is told. \throws Error with the kernel's own words, and what they mean
os::UniqueFd make_filesystem(const plan::Mount& mount, const Target& target, const Warn& warn);

/// Whether to make that new file system and to drop it changes nothing: it is on no disk, and takes no connection.
bool leaves_no_trace(const plan::Mount& mount);

/// Carries out a mount of kind remount on what is mounted at `target` already, the read-only end excepted. \throws Error
void remount(const plan::Mount& mount, int target);

}  // namespace rt::rootfs
