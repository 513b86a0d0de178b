#include "rt/idmap/mount_mapper.hpp"

#include <fcntl.h>
#include <linux/mount.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/idmap/user_namespace.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/mountinfo.hpp"

namespace rt::idmap {

namespace {

// The mount that refuses, as far as the caller's mount namespace tells: all fields may be empty.
struct Refusing {
    std::string place;
    std::string type;
    bool mapped_already = false;
};

int try_map(int tree, int user_namespace, bool recursive, std::uint64_t attributes = 0) noexcept {
    return os::try_set_mount_attributes(tree, {.set = MOUNT_ATTR_IDMAP | attributes, .user_namespace = user_namespace},
                                        recursive);
}

Refusing refusing_of(const os::MountInfo& mount) {
    return {.place = mount.mount_point,
            .type = mount.type,
            .mapped_already = std::ranges::find(mount.options, "idmapped") != mount.options.end()};
}

// overlayfs, Linux 5.19.
constexpr const char* overlay_hint =
    "an overlay is not id-mapped as a whole, but its layers can be: mount those id-mapped (X-mount.idmap of mount(8)) "
    "and "
    "the overlay over them, or use a copy of its files on ext4, xfs, btrfs or tmpfs";

bool is_below(const std::string& path, const std::string& directory) {
    return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

// Each mount of a tree is tried alone, in a copy that is thrown away: the kernel does not say which one it was.
bool refuses_alone(const os::MountInfo& mount, int user_namespace) {
    const os::UniqueFd copy = os::try_clone_tree(AT_FDCWD, mount.mount_point, false);
    return copy && try_map(copy.get(), user_namespace, false) != 0;
}

Refusing find_refusing(const os::Procfs& procfs, const std::string& source, bool recursive, int user_namespace) {
    const os::UniqueFd top_of_tree = os::try_open_at(AT_FDCWD, source, O_PATH);
    const std::optional<std::uint64_t> id = top_of_tree ? os::try_mount_id(top_of_tree.get()) : std::nullopt;
    std::error_code error;
    const std::string path = std::filesystem::canonical(source, error).string();
    const std::vector<os::MountInfo> all = os::parse_mountinfo(procfs.try_read("self/mountinfo").value_or(""));
    const auto top = std::ranges::find_if(all, [&](const os::MountInfo& other) { return other.id == id; });
    if (!recursive) return top == all.end() ? Refusing() : refusing_of(*top);
    const auto refusing = std::ranges::find_if(all, [&](const os::MountInfo& other) {
        const bool in_tree = other.id == id || (is_below(other.mount_point, path) && os::is_visible(other, all));
        return in_tree && refuses_alone(other, user_namespace);
    });
    return refusing == all.end() ? Refusing() : refusing_of(*refusing);
}

Refusing find_refusing_of_any_kind(const os::Procfs& procfs, const plan::Mount& mount, int user_namespace) {
    switch (mount.kind) {
        case plan::MountKind::bind:
            return find_refusing(procfs, mount.source, mount.id_mapping->recursive, user_namespace);
        case plan::MountKind::bind_in_rootfs: return {.place = mount.source, .type = ""};
        default: return {.place = mount.destination, .type = mount.type};
    }
}

// What is to be mapped, in the words of a refusal.
struct Subject {
    std::string doing;
    std::string object;
    std::string hint;  // where else the files could be
};

[[noreturn]] void refuse(const Subject& subject, const Refusing& refusing, int code) {
    const std::string filesystem = concat("the file system", refusing.type.empty() ? "" : " ", refusing.type,
                                          refusing.place.empty() ? "" : concat(" at '", refusing.place, "'"));
    std::string reason;
    std::string hint;
    if (code == EINVAL) {
        reason = concat(filesystem, " does not support id-mapped mounts on this kernel");
        hint = refusing.type == "overlay" ? overlay_hint : subject.hint;
    } else if (code == EPERM && refusing.mapped_already) {
        reason = concat("the mount at '", refusing.place, "' is id-mapped already, and one mapping is all it can have");
        hint = "take the files from where their file system is mounted without a mapping";
    } else if (code == EPERM) {
        reason =
            concat(filesystem,
                   " was mounted in a user namespace in which rt has no CAP_SYS_ADMIN, or it is id-mapped already");
        hint = "run rt in the user namespace that mounted it";
    }
    throw_errno(subject.doing, subject.object, code, std::move(reason), std::move(hint));
}

}  // namespace

int MountMapper::user_namespace_for(const plan::MountIdMapping& mapping) {
    std::string text = concat(mapping.uids.to_proc_text(), "\n\n", mapping.gids.to_proc_text());
    const auto known = std::ranges::find(made_, text, &Made::mapping);
    if (known != made_.end()) return known->user_namespace.get();
    os::UniqueFd user_namespace = make_user_namespace(procfs_, mapping.uids, mapping.gids);
    made_.push_back({.mapping = std::move(text), .user_namespace = std::move(user_namespace)});
    return made_.back().user_namespace.get();
}

void MountMapper::map(int tree, const plan::Mount& mount) {
    if (!mount.id_mapping) return;
    const int user_namespace = user_namespace_for(*mount.id_mapping);
    const int code = try_map(tree, user_namespace, mount.id_mapping->recursive);
    if (code == 0) return;
    const bool is_bind = mount.kind == plan::MountKind::bind || mount.kind == plan::MountKind::bind_in_rootfs;
    refuse(
        {.doing = "id-map the mount of",
         .object = is_bind ? mount.source : mount.type,
         .hint =
             "leave the mapping out, or put the files on a file system that can: ext4, xfs, btrfs, tmpfs and others"},
        find_refusing_of_any_kind(procfs_, mount, user_namespace), code);
}

void MountMapper::map(int tree, const plan::Rootfs& rootfs) {
    if (!rootfs.id_mapping) return;
    const int user_namespace = user_namespace_for(*rootfs.id_mapping);
    // Device nodes of an image would be those of the container's root: only its cgroup would keep it from what is behind them.
    const int code = try_map(tree, user_namespace, rootfs.id_mapping->recursive, MOUNT_ATTR_NODEV);
    if (code == 0) return;
    // In a joined mount namespace it may be another one that has this path.
    const Refusing refusing = rootfs.by_runtime
                                  ? find_refusing(procfs_, rootfs.path, rootfs.id_mapping->recursive, user_namespace)
                                  : Refusing{.place = rootfs.path, .type = ""};
    refuse({.doing = "id-map the rootfs",
            .object = rootfs.path,
            .hint = "put it on a file system that can (ext4, xfs, btrfs, tmpfs and others), or give its files to the "
                    "mapped ids and leave the mapping out"},
           refusing, code);
}

}  // namespace rt::idmap
