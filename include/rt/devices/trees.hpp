#pragma once

#include <cstddef>
#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::devices {

// The runtime's side: nodes that a user namespace may use, but not make.

/// Makes the devices that belong there in the tmpfs for /dev. \throws Error
void fill_device_tmpfs(int tree, const plan::Rootfs& plan);

/// A detached tmpfs with the devices that init binds (DeviceMethod::bind_node), each under node_name(). \throws Error
os::UniqueFd make_node_tree(const plan::Rootfs& plan);

/// The name of plan.devices[index] in it.
std::string node_name(std::size_t index);

}  // namespace rt::devices
