#include "rt/rootfs/bind.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
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

[[noreturn]] void refuse_source(const plan::Mount& mount, int code) {
    if (code == EINVAL && !mount.recursive) {
        throw_errno(
            "bind", mount.source, code,
            "there are mounts below it that a user namespace may not leave out, or it cannot be bound (unbindable)",
            "use rbind instead of bind");
    }
    throw_errno("open the source", mount.source, code, "",
                code == ENOENT ? "rt makes mount points in the rootfs, but no sources: make it before" : "");
}

os::UniqueFd open_tree_of(int root, const plan::Mount& mount) {
    const int flags = O_PATH | (mount.source_nofollow ? O_NOFOLLOW : 0);
    if (root < 0 && !mount.source_nofollow) return os::try_clone_tree(AT_FDCWD, mount.source, mount.recursive);
    const os::UniqueFd source =
        root < 0 ? os::try_open_at(AT_FDCWD, mount.source, flags) : os::try_open_in_root(root, mount.source, flags);
    return source ? os::try_clone_tree(source.get(), "", mount.recursive) : os::UniqueFd();
}

std::string names_of(std::uint64_t attributes) {
    std::vector<std::string> names;
    for (const plan::MountOption& option : plan::mount_options()) {
        const bool one = option.kind == plan::MountOptionKind::attribute && !option.recursive_name.empty();
        if (one && (option.set & attributes) != 0) names.emplace_back(option.name);
    }
    return join(names, ", ");
}

// In a user namespace the kernel locks these flags (mount_namespaces(7)). The copy is made outside of it, with rights that
// the container does not have: so the rule is kept here.
void require_kept_flags(int tree, const plan::Mount& mount) {
    const std::uint64_t unwanted = mount.attributes.clear & ~mount.attributes.set;
    const std::uint64_t cleared = unwanted | (mount.recursive_attributes.clear & ~mount.recursive_attributes.set);
    struct statvfs status{};
    if (!mount.keeps_source_flags || cleared == 0 || ::fstatvfs(tree, &status) < 0) return;
    static_assert(ST_RDONLY == MOUNT_ATTR_RDONLY && ST_NOSUID == MOUNT_ATTR_NOSUID && ST_NODEV == MOUNT_ATTR_NODEV &&
                  ST_NOEXEC == MOUNT_ATTR_NOEXEC);
    constexpr std::uint64_t locked = ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC;
    const std::uint64_t broken = cleared & status.f_flag & locked;
    if (broken == 0) return;
    fail("take back mount options of", mount.source,
         concat("the host mounts it with ", names_of(broken), ", which a container in a user namespace may not change"),
         "leave out the opposite option, or mount the source differently on the host");
}

}  // namespace

void change_mount(int tree, const plan::Mount& mount) {
    change(tree, {.set = mount.recursive_attributes.set, .clear = mount.recursive_attributes.clear}, true, mount);
    change(tree, {.set = mount.attributes.set, .clear = mount.attributes.clear}, false, mount);
    if (mount.propagation == mount.source_propagation) return;
    change(tree, {.propagation = mount.propagation}, mount.propagation_recursive, mount);
}

os::UniqueFd open_bind_source(int root, const plan::Mount& mount) {
    os::UniqueFd tree = open_tree_of(root, mount);
    if (!tree) refuse_source(mount, errno);
    require_kept_flags(tree.get(), mount);
    change(tree.get(), {.propagation = mount.source_propagation}, true, mount);
    change_mount(tree.get(), mount);
    return tree;
}

}  // namespace rt::rootfs
