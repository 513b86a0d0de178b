#include "rt/container/attachment.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/child.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/mountinfo.hpp"

namespace rt::container {

namespace {

bool is_namespace(int fd, std::uint64_t inode) { return os::status_of(fd, "a namespace").st_ino == inode; }

// By its path or, when that was the file of a process that is gone, by whatever process is in it; empty: it is gone too, or
// held only by files that nobody told rt of.
os::UniqueFd find_namespace(const state::Attachment& attachment, const os::Procfs& procfs) {
    os::UniqueFd fd = os::try_open_at(AT_FDCWD, attachment.namespace_path, O_RDONLY | O_NONBLOCK);
    if (fd && is_namespace(fd.get(), attachment.mount_namespace)) return fd;
    const os::UniqueFd all = os::open_at(procfs.fd(), ".", O_RDONLY | O_DIRECTORY);
    for (const std::string& name : os::names_in(all.get(), "/proc")) {
        if (!parse_number<pid_t>(name)) continue;
        fd = os::try_open_at(procfs.fd(), concat(name, "/ns/mnt"), O_RDONLY);
        if (fd && is_namespace(fd.get(), attachment.mount_namespace)) return fd;
    }
    return {};
}

// Whoever joins a mount namespace needs its rights of the user namespace that owns that.
int try_enter(int mount_namespace) {
    const os::UniqueFd owner(::ioctl(mount_namespace, NS_GET_USERNS));
    const auto own = os::try_status_at(AT_FDCWD, "/proc/self/ns/user");
    if (owner && own && !is_namespace(owner.get(), own->st_ino)) {
        const int code = os::try_join_namespace(owner.get(), CLONE_NEWUSER);
        if (code != 0) return code;
    }
    return os::try_join_namespace(mount_namespace, CLONE_NEWNS);
}

int try_detach_inside(const state::Attachment& attachment, int mount_namespace, const os::Procfs& procfs) {
    const int code = try_enter(mount_namespace);
    if (code != 0) return code;
    const std::vector<os::MountInfo> mounts = os::parse_mountinfo(procfs.read("self/mountinfo"));
    const auto mount = std::ranges::find(mounts, attachment.mount, &os::MountInfo::id);
    if (mount == mounts.end()) return 0;
    const os::UniqueFd root = os::try_open_at(AT_FDCWD, mount->mount_point, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (!root) return errno;
    if (os::try_mount_id(root.get()) != attachment.mount) return EBUSY;
    // The kernel gives the number of a mount that is gone to another one.
    const struct stat status = os::status_of(root.get(), mount->mount_point);
    if (status.st_dev != attachment.device || status.st_ino != attachment.inode) return 0;
    if (::fchdir(root.get()) < 0) return errno;
    return os::try_detach_working_directory();
}

}  // namespace

state::Attachment describe_attachment(const std::string& namespace_path, int tree) {
    const auto name_space = os::try_status_at(AT_FDCWD, namespace_path);
    if (!name_space) throw_errno("find the mount namespace", namespace_path);
    const std::optional<std::uint64_t> mount = os::try_mount_id(tree);
    if (!mount) throw_errno("find the number of the mount of", "the rootfs");
    const struct stat root = os::status_of(tree, "the rootfs");
    return {.namespace_path = namespace_path,
            .mount_namespace = name_space->st_ino,
            .mount = *mount,
            .device = root.st_dev,
            .inode = root.st_ino};
}

void detach(const state::Attachment& attachment, const os::Procfs& procfs) {
    const os::UniqueFd mount_namespace = find_namespace(attachment, procfs);
    if (!mount_namespace) return;
    // A child, because root and working directory change with the mount namespace (setns(2)).
    std::optional<os::Clone> clone = os::try_clone_process(0, -1);
    if (!clone) throw_errno("start a helper to detach", "the rootfs");
    if (clone->pid == 0) {
        try {
            ::_exit(try_detach_inside(attachment, mount_namespace.get(), procfs));
        } catch (const std::exception&) {
            ::_exit(EIO);
        }
    }
    const int code = os::Child(clone->pid, std::move(clone->pidfd)).wait().status;
    if (code == 0) return;
    throw_errno("detach the rootfs in the mount namespace", attachment.namespace_path, code,
                code == EBUSY ? "something else is mounted on top of it" : "");
}

Attached::~Attached() {
    if (!held_) return;
    try {
        detach(attachment_, os::Procfs::open());
    } catch (const std::exception& error) {
        log::warning(error.what());
    }
}

}  // namespace rt::container
