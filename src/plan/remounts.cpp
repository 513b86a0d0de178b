#include <linux/mount.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/mount_entry.hpp"

namespace rt::plan {

namespace {

// What fsconfig(2) cannot change later: the kernel refuses dirsync then (reconfigure_super(), MS_RMT_MASK).
constexpr std::uint64_t settled = flags_of_mount_call_only | MS_DIRSYNC;

// The file system that an entry before this one mounted there, if the container may change it. A bind mount, what came with
// the rootfs, and what the runtime made outside of the user namespace belongs to the host: only the mount can be changed.
std::optional<std::size_t> filesystem_there(const MountEntry& entry, const std::vector<Mount>& mounts) {
    if (entry.options.bind) return std::nullopt;  // mount(8): "remount,bind" is about the mount alone
    const auto last = std::find_if(mounts.rbegin(), mounts.rend(), [&](const Mount& mount) {
        return mount.destination == entry.destination && mount.kind != MountKind::remount;
    });
    if (last == mounts.rend()) return std::nullopt;
    const bool own =
        last->kind == MountKind::filesystem || (last->kind == MountKind::disk && !entry.circumstances.user_namespace);
    if (!own) return std::nullopt;
    return static_cast<std::size_t>(mounts.rend() - last - 1);
}

void stay_writable(const std::string& destination, std::vector<Mount>& mounts) {
    for (Mount& mount : mounts) {
        if (mount.destination == destination) mount.read_only_at_end = false;
    }
}

}  // namespace

Mount plan_remount(const MountEntry& entry, std::vector<Mount>& mounts, std::vector<std::string>& warnings) {
    if (entry.options.copy_up) {
        fail("use the mount at", entry.where.text(), "'tmpcopyup' fills a new tmpfs, and 'remount' makes none");
    }
    Mount mount = mount_of(entry, MountKind::remount);
    mount.source = entry.destination;  // for messages
    mount.source_propagation = 0;
    mount.changes = filesystem_there(entry, mounts);
    if (!mount.changes) {
        warn_of_filesystem_options(entry, "only the mount is changed, its file system belongs to the host", warnings);
    } else {
        mounts[*mount.changes].changed_later = true;
        mount.type = mounts[*mount.changes].type;
        mount.data = checked_data(entry, mount.type, warnings);
        mount.superblock = entry.options.superblock;
        if ((mount.superblock.set & settled) != 0) {
            warnings.push_back(
                concat(entry.where.text(),
                       ": 'dirsync', 'silent' and 'iversion' are ignored: they are settled when the file "
                       "system is mounted"));
        }
        mount.superblock.set &= ~settled;
    }
    const bool read_only = (mount.attributes.set & MOUNT_ATTR_RDONLY) != 0;
    const bool writable = !read_only && (mount.attributes.clear & MOUNT_ATTR_RDONLY) != 0;
    if (writable) stay_writable(entry.destination, mounts);
    if (mount.changes && is_read_only_itself(mount.type)) {
        if (read_only) mount.superblock.set |= MS_RDONLY;
        if (writable) mount.superblock.clear |= MS_RDONLY;
    } else if (read_only) {
        mount.read_only_at_end = true;
        mount.attributes.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    }
    return mount;
}

}  // namespace rt::plan
