#include <linux/mount.h>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/mount_entry.hpp"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000  // Linux 5.14
#endif

namespace rt::plan {

namespace {

// What mount(8) gives up when a bind mount is made with any flag of its own; access times are kept (mount(2), MS_REMOUNT).
constexpr std::uint64_t flags_of_a_bind =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;

std::string source_path(const MountEntry& entry) {
    const std::string& source = entry.mount.source;
    if (source.empty()) {
        fail("use the mount at", entry.where.text(), "a bind mount needs a source, and it is missing or empty");
    }
    return tidy_path(source.front() == '/' ? source : concat(entry.circumstances.bundle, "/", source));
}

}  // namespace

Mount plan_bind(const MountEntry& entry, std::vector<std::string>& warnings) {
    const MountCircumstances& circumstances = entry.circumstances;
    const std::string source = source_path(entry);
    const std::string inside = concat(circumstances.rootfs_path, "/");
    const bool in_rootfs = source.compare(0, inside.size(), inside) == 0;
    Mount mount = mount_of(entry, in_rootfs ? MountKind::bind_in_rootfs : MountKind::bind);
    mount.source = in_rootfs ? source.substr(inside.size() - 1) : source;
    mount.recursive = entry.options.recursive_bind;
    // In a user namespace the flags of the source that are not mentioned stay: the kernel would lock them there too.
    const bool flags_are_ours = !circumstances.user_namespace && circumstances.initial_user_namespace;
    const bool flags_given = ((mount.attributes.set | mount.attributes.clear) & flags_of_a_bind) != 0;
    if (flags_are_ours && flags_given) mount.attributes.clear |= flags_of_a_bind & ~mount.attributes.set;
    mount.keeps_source_flags = circumstances.user_namespace && !in_rootfs;
    mount.copy_symlink = entry.options.copy_symlink;
    mount.source_nofollow = entry.options.source_nofollow || entry.options.copy_symlink;
    warn_of_filesystem_options(entry, "a bind mount shows a file system that is mounted already", warnings);
    return mount;
}

}  // namespace rt::plan
