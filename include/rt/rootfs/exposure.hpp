#pragma once

#include "rt/os/fd.hpp"

namespace rt::rootfs {

/// Whether everybody on this machine can walk to what is in the directory, and run a set-uid program there with the rights of
/// its owner: each directory above it is open to others, and its mount is not nosuid. Its own mode is no obstacle to a container
/// whose root owns it.
bool is_exposed(const os::UniqueFd& directory);

}  // namespace rt::rootfs
