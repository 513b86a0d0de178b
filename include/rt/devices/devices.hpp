#pragma once

#include <functional>
#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::devices {

/// What init gets from others to make devices.
struct Sources {
    /// A directory of the rootfs, opened inside it (O_PATH); what is missing is made.
    std::function<os::UniqueFd(const std::string& path)> directory;
    /// The runtime's make_node_tree().
    std::function<os::UniqueFd()> nodes;
};

/// Supplies the devices of the plan, then the links of /dev: fd, stdin, stdout and stderr when what they show exists after
/// the mounts (runtime-linux.md "Dev symbolic links"), and ptmx. A right device that is there already stays as it is.
/// `root` is the container's root directory, in the calling process's mount namespace and not entered yet.
/// \throws Error: another file at the place of a device
void make_devices(int root, const plan::Rootfs& plan, const Sources& sources);

}  // namespace rt::devices
