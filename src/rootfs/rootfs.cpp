#include "rt/rootfs/rootfs.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/umask.hpp"
#include "rt/rootfs/filesystem.hpp"
#include "rt/rootfs/old_root.hpp"
#include "rt/rootfs/target.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::rootfs {

namespace {

// pivot_root(2), EINVAL.
constexpr const char* pivot_hint =
    "the root directory of rt must be the root of a mount that can be moved: not of an initramfs, and no mere chroot; "
    "--no-pivot does without";

}  // namespace

Rootfs::Rootfs(const plan::Rootfs& plan, os::UniqueFd tree)
    : plan_(plan), tree_(std::move(tree)), masks_(plan.mask_label) {}

Rootfs::~Rootfs() {
    // "." may be any directory by now; the root of the tree is the root of the mount that has to go, with all that is on it.
    if (attached_elsewhere_ && ::fchdir(tree_.get()) == 0) os::try_detach_working_directory();
}

void Rootfs::attach(const MountSource& runtime) {
    if (!tree_) {
        tree_ = open_rootfs_here(plan_, [&](int tree) { runtime.mapped(plan_.mounts.size(), tree); });
    }
    if (plan_.enter == plan::EnterMethod::chroot_only) return;
    // The working directory is used as it is: to open "." init would need the right to search it.
    const bool here = plan_.place == ".";
    const os::UniqueFd place = here ? os::UniqueFd() : os::open_at(AT_FDCWD, plan_.place, O_PATH | O_DIRECTORY);
    attached_elsewhere_ = plan_.enter == plan::EnterMethod::chroot;
    if (attached_elsewhere_ && runtime.attaching) runtime.attaching(tree_.get());
    os::attach_mount(tree_.get(), here ? AT_FDCWD : place.get(), plan_.place);
}

void Rootfs::prepare(const MountSource& runtime) {
    attach(runtime);
    if (!plan_.masked_paths.empty()) masks_.take_null_device();
    const os::UmaskScope umask(022);
    for (std::size_t index = 0; index < plan_.mounts.size(); ++index) {
        const plan::Mount& mount = plan_.mounts[index];
        if (mount.changes) {
            // By its descriptor: another one may have come over it, perhaps one of the host.
            during(mount.label, [&] { remount(mount, kept_.at(*mount.changes).get()); });
            continue;
        }
        os::UniqueFd made = carry_out_mount(tree_.get(), plan_, index, runtime);
        if (mount.read_only_at_end || mount.changed_later) kept_.emplace(index, std::move(made));
    }
}

os::UniqueFd Rootfs::directory(const std::string& path) const {
    return open_or_make_target(tree_.get(), path, TargetType::directory, plan_).fd;
}

void Rootfs::enter() {
    // By the descriptor: the path of the rootfs is never walked again.
    if (::fchdir(tree_.get()) < 0) throw_errno("enter", plan_.path);
    if (plan_.enter == plan::EnterMethod::pivot) {
        try {
            os::pivot_to_working_directory();
        } catch (Error& error) {
            if (error.failure().code == EINVAL) error.add_hint(pivot_hint);
            throw;
        }
    } else {
        if (plan_.enter == plan::EnterMethod::cover) remove_old_root(tree_.get());
        os::change_root_to_working_directory();
    }
}

Console Rootfs::make_console(const plan::Process& process) {
    Console console = open_console(tree_.get(), process);
    if (plan_.enter != plan::EnterMethod::chroot_only) bind_console(tree_.get(), console.slave.get());
    return console;
}

void Rootfs::protect() {
    for (const std::string& path : plan_.readonly_paths) masks_.make_read_only(tree_.get(), path);
    for (const std::string& path : plan_.masked_paths) masks_.mask(tree_.get(), path);
    for (std::size_t index = 0; index < plan_.mounts.size(); ++index) {
        const plan::Mount& mount = plan_.mounts[index];
        if (!mount.read_only_at_end) continue;
        const int made = kept_.at(mount.changes.value_or(index)).get();
        os::set_mount_attributes(made, {.set = MOUNT_ATTR_RDONLY}, false, mount.destination);
    }
    kept_.clear();
    if (plan_.readonly) os::set_mount_attributes(tree_.get(), {.set = MOUNT_ATTR_RDONLY}, false, "the rootfs");
    if (plan_.final_propagation != 0) {
        os::set_mount_attributes(tree_.get(), {.propagation = plan_.final_propagation},
                                 plan_.final_propagation_recursive, "the rootfs");
    }
}

}  // namespace rt::rootfs
