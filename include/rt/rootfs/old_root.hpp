#pragma once

namespace rt::rootfs {

/// Where the root directory of the host stays below that of the container (--no-pivot): takes off what is mounted on it. In a
/// mount namespace that came with a user namespace mounts of the host are locked (mount_namespaces(7)): there each proc and
/// sysfs is covered. A user namespace made in the container could mount a whole one otherwise, without what is masked: the
/// kernel allows that where it sees one that is whole. `tree` is the root of the container, mounted on "/" of the calling
/// process, whose root directory is still that of the host. \throws Error
void remove_old_root(int tree);

}  // namespace rt::rootfs
