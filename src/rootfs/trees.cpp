#include "rt/rootfs/trees.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/rootfs/bind.hpp"
#include "rt/rootfs/filesystem.hpp"
#include "rt/rootfs/reach.hpp"

namespace rt::rootfs {

namespace {

os::UniqueFd make_device_tmpfs(const plan::Mount& mount) {
    os::NewFilesystem filesystem(mount.type);
    if (!mount.source.empty()) filesystem.set("source", mount.source);
    for (const plan::FilesystemOption& option : mount.data) {
        option.value ? filesystem.set(option.key, *option.value) : filesystem.set_flag(option.key);
    }
    for (const std::string& word : plan::superblock_words(mount.superblock)) filesystem.set_flag(word);
    return filesystem.mount(mount.attributes.set);
}

// By an empty path: to look up "." takes the right to search it, and whether that is there is looked at afterwards.
os::UniqueFd open_working_directory(const plan::Rootfs& rootfs) {
    os::UniqueFd directory(static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, "", AT_EMPTY_PATH | OPEN_TREE_CLOEXEC)));
    if (!directory) throw_errno("open the rootfs", rootfs.path);
    return directory;
}

}  // namespace

os::UniqueFd open_rootfs_directory(const plan::Rootfs& rootfs) {
    os::UniqueFd directory = os::try_open_at(AT_FDCWD, rootfs.path, O_PATH | O_DIRECTORY);
    if (directory) return directory;
    const int code = errno;
    throw_errno("open the rootfs", rootfs.path, code, "",
                code == ENOENT || code == ENOTDIR ? "/root/path must name a directory that exists" : "");
}

bool is_working_directory(const plan::Rootfs& rootfs) noexcept {
    const bool own_mount_namespace =
        rootfs.enter == plan::EnterMethod::pivot || rootfs.enter == plan::EnterMethod::cover;
    return rootfs.place == "." || (!rootfs.by_runtime && own_mount_namespace);
}

os::UniqueFd open_rootfs_here(const plan::Rootfs& rootfs, const MapRootfs& map) {
    const bool here = !rootfs.by_runtime && is_working_directory(rootfs);
    os::UniqueFd directory = here ? open_working_directory(rootfs) : open_rootfs_directory(rootfs);
    if (!rootfs.id_mapping) require_reachable(directory.get(), rootfs);
    if (rootfs.enter == plan::EnterMethod::chroot_only) return directory;
    os::UniqueFd tree = os::clone_tree(directory.get(), "", true, rootfs.path);
    if (rootfs.id_mapping) map(tree.get());
    os::set_mount_attributes(tree.get(), {.propagation = rootfs.initial_propagation}, true, rootfs.path);
    return tree;
}

os::UniqueFd open_rootfs(const plan::Rootfs& rootfs, const MapRootfs& map) {
    return rootfs.by_runtime ? open_rootfs_here(rootfs, map) : os::UniqueFd();
}

os::UniqueFd open_tree_for(const plan::Rootfs& rootfs, std::size_t mount_index) {
    const plan::Mount& mount = rootfs.mounts.at(mount_index);
    return during(mount.label, [&] {
        switch (mount.kind) {
            case plan::MountKind::device_tmpfs: return make_device_tmpfs(mount);
            case plan::MountKind::disk: return make_filesystem(mount, {}, log::warning);
            default: return open_bind_source(-1, mount);
        }
    });
}

os::UniqueFd open_read_only_sys(const plan::Mount& mount) {
    os::UniqueFd tree = os::clone_tree(AT_FDCWD, "/sys", true, "/sys");
    const os::MountAttributes attributes{.set = mount.attributes.set | MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE};
    os::set_mount_attributes(tree.get(), attributes, true, "/sys");
    return tree;
}

}  // namespace rt::rootfs
