#pragma once

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::devices {

/// Makes the default devices and links in /dev, which is opened once, inside the rootfs: by mknod(2) or by binding the
/// host's nodes. After the mounts, and before enter(), which loses the host's nodes.
/// A right node that is there already is left alone; symbolic links at their places are never followed.
/// \throws Error
void make_default_devices(int root, const plan::Rootfs& plan);

}  // namespace rt::devices
