#pragma once

#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

/// Whether everybody on this machine can walk to what is in the directory, and run a set-uid program there with the rights of
/// its owner: each directory above it is open to others, and its mount is not nosuid. Its own mode is no obstacle to a container
/// whose root owns it.
bool is_exposed(const os::UniqueFd& directory);

/// What everybody on this machine could gain by an id-mapped rootfs, or by an id-mapped bind mount, that is_exposed(); for people.
/// Empty: nothing.
std::string describe_exposure(const plan::Rootfs& rootfs);
std::string describe_exposure(const plan::Mount& mount, const plan::UserMappings& container);

}  // namespace rt::rootfs
