#include "rt/os/mount.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

// <sys/mount.h> and <linux/mount.h> cannot be included together (glibc 2.36 and older).
extern "C" {
int mount(const char*, const char*, const char*, unsigned long, const void*) noexcept;
int umount2(const char*, int) noexcept;
}

namespace rt::os {

namespace {

// umount(2)
constexpr int mnt_detach = 2;
constexpr int umount_nofollow = 8;

UniqueFd system_call_fd(long result) noexcept { return UniqueFd(static_cast<int>(result)); }

}  // namespace

UniqueFd try_clone_tree(int dir, const std::string& path, bool recursive) noexcept {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
    if (path.empty()) flags |= AT_EMPTY_PATH;
    if (recursive) flags |= AT_RECURSIVE;
    return system_call_fd(::syscall(SYS_open_tree, dir, path.c_str(), flags));
}

UniqueFd clone_tree(int dir, const std::string& path, bool recursive, const std::string& name) {
    UniqueFd fd = try_clone_tree(dir, path, recursive);
    if (!fd) throw_errno("open as a mount", name);
    return fd;
}

int try_set_mount_attributes(int mount, const MountAttributes& attributes, bool recursive) noexcept {
    mount_attr attr{};
    attr.attr_set = attributes.set;
    attr.attr_clr = attributes.clear;
    attr.propagation = attributes.propagation;
    if (attributes.user_namespace >= 0) attr.userns_fd = static_cast<std::uint64_t>(attributes.user_namespace);
    const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U);
    return ::syscall(SYS_mount_setattr, mount, "", flags, &attr, sizeof attr) < 0 ? errno : 0;
}

void set_mount_attributes(int mount, const MountAttributes& attributes, bool recursive, const std::string& name) {
    const int code = try_set_mount_attributes(mount, attributes, recursive);
    if (code != 0) throw_errno("set the attributes of the mount", name, code);
}

int try_attach_mount(int mount, int target) noexcept {
    constexpr unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    return ::syscall(SYS_move_mount, mount, "", target, "", flags) < 0 ? errno : 0;
}

void attach_mount(int mount, int target, const std::string& name) {
    const int code = try_attach_mount(mount, target);
    if (code != 0) throw_errno("attach the mount on", name, code);
}

void FilesystemContext::throw_with_kernel_log(const std::string& doing, int code) const {
    // The kernel queues one message per read, each as "e text" (error), "w" (warning) or "i" (information).
    std::string reason;
    char line[512];
    for (;;) {
        const ssize_t length = ::read(fd_.get(), line, sizeof line);
        if (length <= 2) break;
        if (!reason.empty()) reason += "; ";
        reason += trim(std::string_view(line, static_cast<std::size_t>(length)).substr(2));
    }
    throw_errno(doing, name_, code, std::move(reason));
}

void FilesystemContext::set(const std::string& key, const std::string& value) {
    if (::syscall(SYS_fsconfig, fd_.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) < 0) {
        throw_with_kernel_log(concat("set ", key, "=", value, " of the file system"), errno);
    }
}

void FilesystemContext::set_flag(const std::string& key) {
    if (::syscall(SYS_fsconfig, fd_.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0) < 0) {
        throw_with_kernel_log(concat("set the option ", key, " of the file system"), errno);
    }
}

void FilesystemContext::command(unsigned number, const char* doing) {
    if (::syscall(SYS_fsconfig, fd_.get(), number, nullptr, nullptr, 0) < 0) throw_with_kernel_log(doing, errno);
}

NewFilesystem::NewFilesystem(const std::string& type)
    : FilesystemContext(type, system_call_fd(::syscall(SYS_fsopen, type.c_str(), FSOPEN_CLOEXEC))) {
    if (!fd()) throw_errno("open the file system type", type);
}

UniqueFd NewFilesystem::mount(std::uint64_t attributes) {
    command(FSCONFIG_CMD_CREATE, "make the file system");
    UniqueFd mount = system_call_fd(::syscall(SYS_fsmount, fd().get(), FSMOUNT_CLOEXEC, attributes));
    if (!mount) throw_with_kernel_log("mount the file system", errno);
    return mount;
}

MountedFilesystem::MountedFilesystem(int mount, const std::string& name)
    : FilesystemContext(name, system_call_fd(::syscall(SYS_fspick, mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH))) {
    if (!fd()) throw_errno("change the file system on", name);
}

void MountedFilesystem::reconfigure() { command(FSCONFIG_CMD_RECONFIGURE, "change the file system on"); }

void set_propagation(const std::string& path, unsigned long flags) {
    if (::mount(nullptr, path.c_str(), nullptr, flags, nullptr) < 0) throw_errno("change the propagation of", path);
}

void pivot_to_working_directory() {
    if (::syscall(SYS_pivot_root, ".", ".") < 0) throw_errno("pivot into", "the rootfs");
    // The old root now lies on top of the new one, at the same place.
    if (::umount2(".", mnt_detach) < 0) throw_errno("detach", "the old root");
    if (::chdir("/") < 0) throw_errno("change to", "/");
}

void change_root_to_working_directory() {
    if (::chroot(".") < 0) throw_errno("change the root directory to", "the rootfs");
    if (::chdir("/") < 0) throw_errno("change to", "/");
}

int try_detach_working_directory() noexcept { return ::umount2(".", mnt_detach) < 0 ? errno : 0; }

int try_detach(const std::string& path) noexcept {
    return ::umount2(path.c_str(), mnt_detach | umount_nofollow) < 0 ? errno : 0;
}

int try_detach_mount(int procfs, int mount) noexcept {
    char link[32];
    std::snprintf(link, sizeof link, "self/fd/%d", mount);
    return ::fchdir(procfs) < 0 || ::umount2(link, mnt_detach) < 0 ? errno : 0;
}

bool is_mount_root(int fd) noexcept {
    struct statx status{};
    return ::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &status) == 0 &&
           (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

std::optional<std::uint64_t> try_mount_id(int fd) noexcept {
    struct statx status{};
    if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &status) < 0) return std::nullopt;
    return status.stx_mnt_id;
}

}  // namespace rt::os
