#include "rt/rootfs/hidden_parts.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/mountinfo.hpp"
#include "rt/os/procfs.hpp"

namespace rt::rootfs {

namespace {

// Directories that the kernel keeps empty as places for a mount: to cover them hides nothing.
bool is_empty_place(const os::MountInfo& mount, const os::MountInfo& below) {
    constexpr std::array<std::string_view, 11> places{
        "/sys/fs/binfmt_misc",  "/fs/nfsd",      "/fs/cgroup",     "/fs/bpf",         "/fs/pstore",
        "/fs/fuse/connections", "/kernel/debug", "/kernel/config", "/kernel/tracing", "/kernel/security",
        "/fs/selinux"};
    const std::string_view place = std::string_view(below.mount_point).substr(mount.mount_point.size());
    return std::ranges::find(places, place) != places.end();
}

std::vector<std::string> covered_places(const os::MountInfo& mount, const std::vector<os::MountInfo>& all) {
    std::vector<std::string> places;
    for (const os::MountInfo& other : all) {
        if (other.parent != mount.id || is_empty_place(mount, other)) continue;
        if (std::ranges::find(places, other.mount_point) == places.end()) places.push_back(other.mount_point);
    }
    return places;
}

std::string describe(const std::vector<std::string>& places) {
    constexpr std::size_t most = 3;
    std::vector<std::string> names;
    for (const std::string& place : places) {
        if (names.size() < most) names.push_back(concat("'", printable(place), "'"));
    }
    const std::string rest = places.size() > most ? concat(" and ", places.size() - most, " more") : "";
    return concat(join(names, ", "), rest, places.size() == 1 ? " is" : " are", " covered by other mounts");
}

std::string read_mountinfo() {
    try {
        return os::Procfs::open_for_self().read("self/mountinfo");
    } catch (const Error&) {  // then there is nothing to explain with
        return {};
    }
}

}  // namespace

std::string describe_hidden_parts(const std::string& type) {
    const std::vector<os::MountInfo> all = os::parse_mountinfo(read_mountinfo());
    const auto whole = [&](const os::MountInfo& mount) { return mount.type == type && mount.root == "/"; };
    const auto first = std::ranges::find_if(all, whole);
    if (first == all.end()) return all.empty() ? "" : concat("no whole ", type, " is mounted where rt runs");
    const bool one_is_free = std::ranges::any_of(
        all, [&](const os::MountInfo& mount) { return whole(mount) && covered_places(mount, all).empty(); });
    if (one_is_free) return {};
    // Of several on the same place, the last one is what rt sees there.
    const auto last = std::find_if(all.rbegin(), all.rend(), [&](const os::MountInfo& mount) {
        return whole(mount) && mount.mount_point == first->mount_point;
    });
    return describe(covered_places(*last, all));
}

}  // namespace rt::rootfs
