#include <linux/mount.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/mount_entry.hpp"

namespace rt::plan {

namespace {

bool is_own_filesystem(const Mount& mount) {
    return mount.kind == MountKind::filesystem || mount.kind == MountKind::device_tmpfs;
}

// The file system that an entry before this one mounted there. A bind mount, or what came with the rootfs, is a file system
// that the host uses too: only the mount can be changed.
const Mount* filesystem_there(const MountEntry& entry, const std::vector<Mount>& mounts) {
    if (entry.options.bind) return nullptr;  // mount(8): "remount,bind" is about the mount alone
    const auto last = std::find_if(mounts.rbegin(), mounts.rend(), [&](const Mount& mount) {
        return mount.destination == entry.destination && mount.kind != MountKind::remount;
    });
    return last != mounts.rend() && is_own_filesystem(*last) ? &*last : nullptr;
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
    const Mount* there = filesystem_there(entry, mounts);
    const std::string type = there != nullptr ? there->type : std::string();
    if (there == nullptr) {
        warn_of_filesystem_options(entry, "only the mount is changed, its file system is used elsewhere too", warnings);
    } else {
        mount.type = type;
        mount.data = checked_data(entry, type, warnings);
        mount.superblock = entry.options.superblock;
        if ((mount.superblock.set & flags_of_mount_call_only) != 0) {
            warnings.push_back(concat(entry.where.text(),
                                      ": 'silent' and 'iversion' are ignored: they are settled when "
                                      "the file system is mounted"));
        }
    }
    const bool read_only = (mount.attributes.set & MOUNT_ATTR_RDONLY) != 0;
    const bool writable = !read_only && (mount.attributes.clear & MOUNT_ATTR_RDONLY) != 0;
    if (writable) stay_writable(entry.destination, mounts);
    if (there != nullptr && is_read_only_itself(type)) {
        if (read_only) mount.superblock.set |= MS_RDONLY;
        if (writable) mount.superblock.clear |= MS_RDONLY;
    } else if (read_only) {
        mount.read_only_at_end = true;
        mount.attributes.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    }
    return mount;
}

}  // namespace rt::plan
