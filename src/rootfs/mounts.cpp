#include "rt/rootfs/mounts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/rootfs/bind.hpp"
#include "rt/rootfs/copy_up.hpp"
#include "rt/rootfs/target.hpp"

namespace rt::rootfs {

namespace {

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

// What had to be a real directory a moment ago is not followed when it is a link by now (CVE-2023-27561).
LastLink last_link_of(const plan::Mount& mount) {
    return mount.destination_nofollow || mount.real_directory_only ? LastLink::cover : LastLink::follow;
}

// The link of the source, as it is: where it leads to is a matter of the container.
void copy_symlink(int root, const plan::Rootfs& plan, const plan::Mount& mount, int source) {
    const std::optional<std::string> link = os::try_read_link(source, "");
    if (!link) throw_errno("read the symbolic link", mount.source);
    const std::size_t slash = mount.destination.rfind('/');
    const std::string name = mount.destination.substr(slash + 1);
    const std::string directory = slash == 0 ? "/" : mount.destination.substr(0, slash);
    const Target parent = open_or_make_target(root, directory, TargetType::directory, plan);
    if (::symlinkat(link->c_str(), parent.fd.get(), name.c_str()) == 0) return;
    const int code = errno;
    if (code == EEXIST && os::try_read_link(parent.fd.get(), name) == link) return;
    throw_errno("copy the symbolic link to", mount.destination, code,
                code == EEXIST ? concat("there is something else than a link to '", *link, "'") : "");
}

os::UniqueFd put_tree(int root, const plan::Rootfs& plan, const plan::Mount& mount, os::UniqueFd tree) {
    const mode_t mode = os::status_of(tree.get(), mount.source).st_mode;
    if (S_ISLNK(mode) && mount.copy_symlink) {
        copy_symlink(root, plan, mount, tree.get());
        return {};
    }
    const TargetType type = S_ISDIR(mode) ? TargetType::directory : TargetType::file;
    const Target target = open_or_make_target(root, mount.destination, type, plan, last_link_of(mount));
    if (mount.copy_up && target.existed) copy_up(target.fd.get(), tree.get(), mount);
    attach(tree.get(), target, type, mount.destination);
    return tree;
}

os::UniqueFd put_filesystem(int root, const plan::Rootfs& plan, std::size_t index, const MountSource& runtime) {
    const plan::Mount& mount = plan.mounts[index];
    const Target target =
        open_or_make_target(root, mount.destination, TargetType::directory, plan, last_link_of(mount));
    os::UniqueFd made = mount.id_mapping ? runtime.mapped(index, target.existed ? target.fd.get() : -1)
                                         : make_filesystem(mount, target, runtime.warn);
    if (mount.copy_up && target.existed) copy_up(target.fd.get(), made.get(), mount);
    attach(made.get(), target, TargetType::directory, mount.destination);
    return made;
}

os::UniqueFd put_bind_in_rootfs(int root, const plan::Rootfs& plan, std::size_t index, const MountSource& runtime) {
    const plan::Mount& mount = plan.mounts[index];
    os::UniqueFd tree = open_bind_source(root, mount);
    if (mount.id_mapping) tree = runtime.mapped(index, tree.get());
    return put_tree(root, plan, mount, std::move(tree));
}

os::UniqueFd change_what_is_there(int root, const plan::Mount& mount) {
    const int flags = O_PATH | (mount.destination_nofollow ? O_NOFOLLOW : 0);
    os::UniqueFd there = os::open_in_root(root, mount.destination, flags);
    remount(mount, there.get());
    return there;
}

}  // namespace

os::UniqueFd carry_out_mount(int root, const plan::Rootfs& plan, std::size_t index, const MountSource& runtime) {
    const plan::Mount& mount = plan.mounts.at(index);
    return during(mount.label, [&] {
        if (mount.real_directory_only) require_real_directory(root, mount);
        if (mount.opened_by_runtime) return put_tree(root, plan, mount, runtime.tree(index));
        switch (mount.kind) {
            case plan::MountKind::filesystem: return put_filesystem(root, plan, index, runtime);
            case plan::MountKind::bind_in_rootfs: return put_bind_in_rootfs(root, plan, index, runtime);
            case plan::MountKind::remount: return change_what_is_there(root, mount);
            case plan::MountKind::bind: return put_tree(root, plan, mount, open_bind_source(-1, mount));
            case plan::MountKind::disk:
            case plan::MountKind::device_tmpfs: break;
        }
        fail("make", mount.destination, "only the runtime can");
    });
}

}  // namespace rt::rootfs
