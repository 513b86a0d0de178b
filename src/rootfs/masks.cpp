#include "rt/rootfs/masks.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::rootfs {

namespace {

constexpr const char* null_path = "/dev/null";

bool is_null_device(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(1, 3); }

bool same_file(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Empty when there is nothing at the path. A symbolic link to nothing is refused: whoever makes its target later would
// have a path that nobody hides.
os::UniqueFd open_target(int root, const std::string& path, const char* doing) {
    os::UniqueFd target = os::try_open_in_root(root, path, O_PATH);
    if (target) return target;
    const int code = errno;
    if (code == ENOENT && os::try_open_in_root(root, path, O_PATH | O_NOFOLLOW)) {
        fail(doing, path, "it is a symbolic link to nothing");
    }
    if (code == ENOENT || code == ENOTDIR) return {};
    throw_errno(doing, path, code);
}

}  // namespace

void Masks::take_null_device() {
    os::UniqueFd tree = os::clone_tree(AT_FDCWD, null_path, false, null_path);
    if (!is_null_device(os::status_of(tree.get(), null_path))) {
        fail("use as a mask", null_path, "on this host it is not the null device (1:3)");
    }
    os::set_mount_attributes(tree.get(), {.propagation = MS_PRIVATE}, false, null_path);
    null_device_ = std::move(tree);
}

void Masks::mask(int root, const std::string& path) {
    const os::UniqueFd target = open_target(root, path, "mask");
    if (!target) return;
    if (S_ISDIR(os::status_of(target.get(), path).st_mode)) {
        cover_directory(target.get(), path);
    } else {
        cover_file(target.get(), path);
    }
}

void Masks::cover_directory(int target, const std::string& path) {
    if (!empty_directory_) {
        os::NewFilesystem filesystem("tmpfs");
        filesystem.set("size", "4k");
        filesystem.set("nr_inodes", "1");
        filesystem.set("mode", "755");
        if (!label_.empty()) filesystem.set("context", label_);
        filesystem.set_flag("ro");
        empty_directory_ =
            filesystem.mount(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
        os::attach_mount(empty_directory_.get(), target, path);
        return;
    }
    const struct stat empty = os::status_of(empty_directory_.get(), path);
    if (same_file(os::status_of(target, path), empty)) return;  // masked already, by another name
    os::attach_mount(os::clone_tree(empty_directory_.get(), "", false, path).get(), target, path);
}

void Masks::cover_file(int target, const std::string& path) {
    if (!null_device_) fail("mask", path, "the null device was not opened");
    if (same_file(os::status_of(target, path), os::status_of(null_device_.get(), path))) return;
    if (null_attached_) {
        os::attach_mount(os::clone_tree(null_device_.get(), "", false, path).get(), target, path);
        return;
    }
    os::attach_mount(null_device_.get(), target, path);
    null_attached_ = true;
}

void Masks::make_read_only(int root, const std::string& path) {
    constexpr const char* doing = "make read-only";
    const os::UniqueFd target = open_target(root, path, doing);
    if (!target) return;
    const std::optional<std::uint64_t> there = os::try_mount_id(target.get());
    if (there && std::ranges::find(read_only_mounts_, *there) != read_only_mounts_.end())
        return;  // below one, or the same
    // Read-only while nobody can reach it, and attached to the file that was looked up: no moment and no second look-up in
    // which the path could become another one.
    const os::UniqueFd mount = os::clone_tree(target.get(), "", true, path);
    os::set_mount_attributes(mount.get(), {.set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE}, true, path);
    os::attach_mount(mount.get(), target.get(), path);
    if (const std::optional<std::uint64_t> id = os::try_mount_id(mount.get())) read_only_mounts_.push_back(*id);
}

}  // namespace rt::rootfs
