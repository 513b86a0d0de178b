#include "rt/host/resctrl.hpp"

#include <algorithm>

namespace rt::host {

std::optional<std::string> resctrl_root(const std::vector<os::MountInfo>& mounts) {
    const auto found = std::ranges::find_if(mounts, [&mounts](const os::MountInfo& mount) {
        return mount.type == "resctrl" && mount.root == "/" && os::is_visible(mount, mounts);
    });
    if (found == mounts.end()) return std::nullopt;
    return found->mount_point;
}

std::optional<std::string> resctrl_root(const os::Procfs& procfs) {
    return resctrl_root(os::parse_mountinfo(procfs.read("self/mountinfo")));
}

}  // namespace rt::host
