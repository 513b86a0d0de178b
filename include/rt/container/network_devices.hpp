#pragma once

#include "rt/network/devices.hpp"
#include "rt/os/procfs.hpp"

namespace rt::container {

/// The caller's network namespace and that of a process, ready for devices to be moved from one to the other.
/// \throws Error: the namespace of the process may not be entered
network::MovedDevices between_here_and(pid_t process, const os::Procfs& procfs);

}  // namespace rt::container
