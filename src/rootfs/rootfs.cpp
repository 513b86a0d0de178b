#include "rt/rootfs/rootfs.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/umask.hpp"
#include "rt/rootfs/bind.hpp"
#include "rt/rootfs/target.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::rootfs {

namespace {

os::UniqueFd open_inside(int root, const plan::Mount& mount) {
    const os::UniqueFd source = os::try_open_in_root(root, mount.source, O_PATH);
    if (!source) refuse_source(mount, errno);
    os::UniqueFd tree = os::try_clone_tree(source.get(), "", mount.recursive);
    if (!tree) refuse_source(mount, errno);
    finish_bind(tree.get(), mount);
    return tree;
}

// pivot_root(2), EINVAL.
constexpr const char* pivot_hint =
    "the root directory of rt must be the root of a mount that can be moved: not of an initramfs, and no mere chroot";

// The bits of the mode in octal, as tmpfs(5) takes them.
std::string octal(mode_t mode) {
    std::string text;
    for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + (mode >> shift & 7U));
    return text;
}

os::UniqueFd make_filesystem(const plan::Mount& mount, const Target& target) {
    os::NewFilesystem filesystem(mount.type);
    if (!mount.source.empty()) filesystem.set("source", mount.source);
    if (mount.mode_of_mount_point && target.existed) {
        filesystem.set("mode", octal(os::status_of(target.fd.get(), mount.destination).st_mode & 07777U));
    }
    for (const plan::FilesystemOption& option : mount.data) {
        option.value ? filesystem.set(option.key, *option.value) : filesystem.set_flag(option.key);
    }
    os::UniqueFd made = filesystem.mount(mount.attributes.set);
    for (const plan::MountLink& link : mount.links) {
        if (::symlinkat(link.target.c_str(), made.get(), link.name.c_str()) < 0)
            throw_errno("make the link", link.name);
    }
    if (mount.propagation != 0) {
        os::set_mount_attributes(made.get(), {.propagation = mount.propagation}, false, mount.destination);
    }
    return made;
}

os::UniqueFd make_filesystem_or_its_substitute(const plan::Mount& mount, const Target& target) {
    try {
        return make_filesystem(mount, target);
    } catch (const Error& error) {
        const Failure& failure = error.failure();
        if (failure.code != EPERM) throw;
        if (mount.read_only_sys_on_refusal) return open_read_only_sys(mount);
        if (mount.refusal_reason.empty()) throw;
        throw_errno(failure.doing, failure.object, failure.code,
                    failure.reason.empty() ? mount.refusal_reason : concat(failure.reason, "; ", mount.refusal_reason));
    }
}

// proc and sysfs under another name than the one in the config would leave unprotected what is masked later by that name.
void require_real_directory(int root, const plan::Mount& mount) {
    const os::UniqueFd there = os::try_open_in_root(root, mount.destination, O_PATH | O_NOFOLLOW);
    if (!there || S_ISDIR(os::status_of(there.get(), mount.destination).st_mode)) return;
    fail(concat("mount ", mount.type, " on"), mount.destination,
         concat(mount.type,
                " must be mounted on ordinary directory, and in the rootfs there is a symbolic link or a file"));
}

void attach(int mount, const Target& target, TargetType type, const std::string& destination) {
    const int code = os::try_attach_mount(mount, target.fd.get());
    if (code == 0) return;
    const bool directory = S_ISDIR(os::status_of(target.fd.get(), destination).st_mode);
    std::string reason;
    if (directory != (type == TargetType::directory)) {
        reason = directory ? "a file cannot be mounted on a directory" : "a directory cannot be mounted on a file";
    }
    throw_errno("attach the mount on", destination, code, std::move(reason));
}

}  // namespace

Rootfs::Rootfs(const plan::Rootfs& plan, os::UniqueFd tree) : plan_(plan), tree_(std::move(tree)) {}

Rootfs::~Rootfs() {
    // "." may be any directory by now; the root of the tree is the root of the mount that has to go, with all that is on it.
    if (attached_elsewhere_ && ::fchdir(tree_.get()) == 0) os::try_detach_working_directory();
}

void Rootfs::attach() {
    if (!tree_) tree_ = open_rootfs_here(plan_);
    if (plan_.enter == plan::EnterMethod::chroot_only) return;
    const bool joined = plan_.enter == plan::EnterMethod::chroot;
    const std::string& place = joined ? plan_.path : "/";
    const os::UniqueFd target = os::open_at(AT_FDCWD, place, O_PATH | O_DIRECTORY);
    os::attach_mount(tree_.get(), target.get(), place);
    attached_elsewhere_ = joined;
}

void Rootfs::prepare(const TreeSource& tree_for) {
    attach();
    if (!plan_.masked_paths.empty()) masks_.take_null_device();
    const os::UmaskScope umask(022);
    for (std::size_t index = 0; index < plan_.mounts.size(); ++index) {
        during(plan_.mounts[index].label, [&] { carry_out(index, tree_for); });
    }
}

void Rootfs::carry_out(std::size_t index, const TreeSource& tree_for) {
    const plan::Mount& mount = plan_.mounts[index];
    if (mount.real_directory_only) require_real_directory(tree_.get(), mount);
    os::UniqueFd made;
    auto type = TargetType::directory;
    if (mount.kind != plan::MountKind::filesystem) {
        made = mount.opened_by_runtime                         ? tree_for(index)
               : mount.kind == plan::MountKind::bind_in_rootfs ? open_inside(tree_.get(), mount)
                                                               : open_tree_for(plan_, index);
        if (!S_ISDIR(os::status_of(made.get(), mount.source).st_mode)) type = TargetType::file;
    }
    const Target target = open_or_make_target(tree_.get(), mount.destination, type, plan_);
    if (!made) made = make_filesystem_or_its_substitute(mount, target);
    rootfs::attach(made.get(), target, type, mount.destination);
    if (mount.read_only_at_end) read_only_at_end_.push_back(std::move(made));
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
        os::change_root_to_working_directory();
    }
}

Console Rootfs::make_console(const plan::Process& process) {
    std::optional<WindowSize> size;
    if (process.console_size) size = {.height = process.console_size->height, .width = process.console_size->width};
    Console console = open_console(tree_.get(), size, process.credentials.uid);
    if (plan_.enter != plan::EnterMethod::chroot_only) bind_console(tree_.get(), console.slave.get());
    return console;
}

void Rootfs::protect() {
    for (const std::string& path : plan_.readonly_paths) masks_.make_read_only(tree_.get(), path);
    for (const std::string& path : plan_.masked_paths) masks_.mask(tree_.get(), path);
    for (const os::UniqueFd& mount : read_only_at_end_) {
        os::set_mount_attributes(mount.get(), {.set = MOUNT_ATTR_RDONLY}, false, "a tmpfs that is to be read-only");
    }
    read_only_at_end_.clear();
    if (plan_.readonly) os::set_mount_attributes(tree_.get(), {.set = MOUNT_ATTR_RDONLY}, false, "the rootfs");
    if (plan_.final_propagation != 0) {
        os::set_mount_attributes(tree_.get(), {.propagation = plan_.final_propagation},
                                 plan_.final_propagation_recursive, "the rootfs");
    }
}

}  // namespace rt::rootfs
