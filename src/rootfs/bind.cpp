#include "rt/rootfs/bind.hpp"

#include <linux/mount.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/os/mount.hpp"

namespace rt::rootfs {

namespace {

void change(int tree, const os::MountAttributes& attributes, bool recursive, const plan::Mount& mount) {
    if (attributes.empty()) return;
    const int code = os::try_set_mount_attributes(tree, attributes, recursive);
    if (code == 0) return;
    // mount_namespaces(7): in a mount namespace that came with a user namespace the flags of inherited mounts are locked.
    throw_errno("set the mount options of", mount.source, code,
                code == EPERM && attributes.clear != 0
                    ? "the source is mounted ro, nosuid, nodev or noexec, and a user "
                      "namespace may not take that back"
                    : "");
}

}  // namespace

void finish_bind(int tree, const plan::Mount& mount) {
    change(tree, {.propagation = mount.source_propagation}, true, mount);
    change(tree, {.set = mount.recursive_attributes.set, .clear = mount.recursive_attributes.clear}, true, mount);
    change(tree, {.set = mount.attributes.set, .clear = mount.attributes.clear}, false, mount);
    if (mount.propagation == mount.source_propagation) return;
    change(tree, {.propagation = mount.propagation}, mount.propagation_recursive, mount);
}

void refuse_source(const plan::Mount& mount, int code) {
    if (code == EINVAL && !mount.recursive) {
        throw_errno(
            "bind", mount.source, code,
            "there are mounts below it that a user namespace may not leave out, or it cannot be bound (unbindable)",
            "use rbind instead of bind");
    }
    throw_errno("open the source", mount.source, code, "",
                code == ENOENT ? "rt makes mount points in the rootfs, but no sources: make it before" : "");
}

}  // namespace rt::rootfs
