#include "rt/rootfs/old_root.hpp"

#include <fcntl.h>
#include <linux/mount.h>

#include <functional>
#include <map>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/mountinfo.hpp"

namespace rt::rootfs {

namespace {

using Mounts = std::vector<os::MountInfo>;

// How many mounts lie below it, and whether the tree is one of them or itself. The first of all lies on one that is not shown,
// or on itself.
struct Place {
    std::size_t depth = 0;
    bool in_tree = false;
};
Place place_of(std::uint64_t id, std::uint64_t tree, const std::map<std::uint64_t, std::uint64_t>& parents) {
    Place place;
    for (;;) {
        place.in_tree |= id == tree;
        const auto parent = parents.find(id);
        const bool is_first = parent == parents.end() || parent->second == id || !parents.contains(parent->second);
        if (is_first || place.depth == parents.size()) return place;
        id = parent->second;
        ++place.depth;
    }
}

// The mounts that do not belong to the tree and are not the first of all: those on top of others first.
Mounts mounts_of_host(std::uint64_t tree, const Mounts& all) {
    std::map<std::uint64_t, std::uint64_t> parents;
    for (const os::MountInfo& mount : all) parents.emplace(mount.id, mount.parent);
    std::multimap<std::size_t, const os::MountInfo*, std::greater<>> by_depth;
    for (const os::MountInfo& mount : all) {
        const Place place = place_of(mount.id, tree, parents);
        if (!place.in_tree && place.depth > 0) by_depth.emplace(place.depth, &mount);
    }
    Mounts found;
    for (const auto& [depth, mount] : by_depth) found.push_back(*mount);
    return found;
}

void cover(const std::string& path) {
    const os::UniqueFd target = os::try_open_at(AT_FDCWD, path, O_PATH | O_NOFOLLOW);
    if (!target) throw_errno("cover", path);
    os::NewFilesystem filesystem("tmpfs");
    filesystem.set("size", "4k");
    filesystem.set("nr_inodes", "1");
    filesystem.set("mode", "0");
    const os::UniqueFd empty =
        filesystem.mount(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    os::attach_mount(empty.get(), target.get(), path);
}

}  // namespace

void remove_old_root(int tree) {
    const std::optional<std::uint64_t> id = os::try_mount_id(tree);
    if (!id) throw_errno("find the mount of", "the rootfs");
    const Mounts all = os::parse_mountinfo(os::read_file(AT_FDCWD, "/proc/self/mountinfo"));
    for (const os::MountInfo& mount : mounts_of_host(*id, all)) {
        const bool dangerous = mount.type == "proc" || mount.type == "sysfs";
        if (os::try_detach(mount.mount_point) != 0 && dangerous) cover(mount.mount_point);
    }
}

}  // namespace rt::rootfs
