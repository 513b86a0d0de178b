#include "rt/host/cgroup_layout.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

namespace {

constexpr const char* customary_root = "/sys/fs/cgroup";

// Options of a v1 hierarchy that are no controller (cgroups(7), kernel/cgroup/cgroup-v1.c); what is left are controllers.
constexpr std::array<std::string_view, 8> other_options{
    "rw", "ro", "noprefix", "xattr", "clone_children", "cpuset_v2_mode", "favordynmods", "none"};

std::optional<CgroupHierarchy> hierarchy_of(const os::MountInfo& mount) {
    CgroupHierarchy hierarchy{.mount_point = mount.mount_point};
    if (mount.type == "cgroup2") {
        hierarchy.unified = true;
        return hierarchy;
    }
    if (mount.type != "cgroup") return std::nullopt;
    constexpr std::string_view name_is = "name=";
    for (const std::string& option : mount.super_options) {
        if (option.starts_with(name_is)) {
            hierarchy.name = option.substr(name_is.size());
        } else if (option.find('=') == std::string::npos &&
                   std::ranges::find(other_options, option) == other_options.end()) {
            hierarchy.controllers.push_back(option);
        }
    }
    return hierarchy;
}

bool same_tree(const CgroupHierarchy& left, const CgroupHierarchy& right) {
    return left.unified == right.unified && left.controllers == right.controllers && left.name == right.name;
}

bool is_customary(const CgroupHierarchy& hierarchy) { return hierarchy.mount_point.starts_with(customary_root); }

bool may_make_directories_in(const std::string& directory) noexcept {
    return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

std::vector<std::string> controllers_of_v2(const std::string& directory) {
    return split(trim(os::try_read_file(AT_FDCWD, directory + "/cgroup.controllers").value_or("")), ' ');
}

void look_at(CgroupLevel& level, const CgroupHierarchy& hierarchy) {
    const std::string directory = hierarchy.mount_point + level.path;
    if (const auto status = os::try_status_at(AT_FDCWD, directory)) level.owner = status->st_uid;
    if (hierarchy.unified) level.controllers = controllers_of_v2(directory);
    level.writable = may_make_directories_in(directory);
}

void look_at(CgroupHierarchy& hierarchy, const os::Procfs& procfs) {
    if (hierarchy.unified) hierarchy.controllers = controllers_of_v2(hierarchy.mount_point);
    hierarchy.writable = may_make_directories_in(hierarchy.mount_point);
    if (hierarchy.writable) return;
    hierarchy.read_only = errno == EROFS;
    const std::string own = hierarchy.unified ? procfs.read("self/cgroup") : "";
    hierarchy.way = way_to(hierarchy, directory_of_process(hierarchy, own));
    for (CgroupLevel& level : hierarchy.way) look_at(level, hierarchy);
}

bool is_unified_only() noexcept {
    struct statfs filesystem{};
    return ::statfs(customary_root, &filesystem) == 0 && filesystem.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace

bool CgroupHierarchy::has_controller(std::string_view controller) const noexcept {
    return std::ranges::find(controllers, controller) != controllers.end();
}

CgroupMode CgroupLayout::mode() const noexcept {
    if (hierarchies.empty()) return CgroupMode::none;
    if (unified() == nullptr) return CgroupMode::v1;
    return hierarchies.size() == 1 ? CgroupMode::unified : CgroupMode::hybrid;
}

const CgroupHierarchy* CgroupLayout::with_controller(std::string_view controller) const noexcept {
    const auto found = std::ranges::find_if(
        hierarchies, [controller](const CgroupHierarchy& hierarchy) { return hierarchy.has_controller(controller); });
    return found == hierarchies.end() ? nullptr : &*found;
}

const CgroupHierarchy* CgroupLayout::unified() const noexcept {
    const auto found = std::ranges::find(hierarchies, true, &CgroupHierarchy::unified);
    return found == hierarchies.end() ? nullptr : &*found;
}

// The mount point that is the longest beginning of the path: v2 may be mounted above the others.
const CgroupHierarchy* CgroupLayout::hierarchy_of(std::string_view directory) const noexcept {
    const CgroupHierarchy* nearest = nullptr;
    for (const CgroupHierarchy& hierarchy : hierarchies) {
        const std::string& root = hierarchy.mount_point;
        const bool inside =
            directory.size() > root.size() && directory.starts_with(root) && directory[root.size()] == '/';
        if (inside && (nearest == nullptr || root.size() > nearest->mount_point.size())) nearest = &hierarchy;
    }
    return nearest;
}

std::vector<CgroupLevel> way_to(const CgroupHierarchy& hierarchy, const std::optional<std::string>& directory) {
    std::vector<CgroupLevel> way(1);
    if (!directory) return way;
    const std::string path = directory->substr(hierarchy.mount_point.size());
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        way.push_back({.path = path.substr(0, end)});
        if (end == std::string::npos) return way;
    }
}

std::optional<std::string> directory_of_process(const CgroupHierarchy& hierarchy, std::string_view proc_text) {
    const std::string named = concat("name=", hierarchy.name);
    for (const std::string& line : split(proc_text, '\n')) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::vector<std::string> controllers = split(line.substr(first + 1, second - first - 1), ',');
        const bool found = hierarchy.unified ? controllers.empty()
                                             : std::ranges::any_of(controllers, [&](const std::string& controller) {
                                                   return hierarchy.has_controller(controller) || controller == named;
                                               });
        if (!found) continue;
        const std::string path = line.substr(second + 1);
        if (path.empty() || path == "/" || path.starts_with("/../") || path.ends_with(" (deleted)"))
            return std::nullopt;
        return hierarchy.mount_point + path;
    }
    return std::nullopt;
}

std::vector<CgroupHierarchy> cgroup_hierarchies(const std::vector<os::MountInfo>& mounts) {
    std::vector<CgroupHierarchy> found;
    for (const os::MountInfo& mount : mounts) {
        std::optional<CgroupHierarchy> hierarchy = hierarchy_of(mount);
        if (!hierarchy || !os::is_visible(mount, mounts)) continue;
        const auto known =
            std::ranges::find_if(found, [&](const CgroupHierarchy& other) { return same_tree(other, *hierarchy); });
        if (known == found.end()) {
            found.push_back(*std::move(hierarchy));
        } else if (!is_customary(*known) && is_customary(*hierarchy)) {
            *known = *std::move(hierarchy);
        }
    }
    std::ranges::stable_partition(found, [](const CgroupHierarchy& hierarchy) { return !hierarchy.unified; });
    return found;
}

CgroupLayout cgroup_layout(const os::Procfs& procfs, const Facts& facts) {
    CgroupLayout layout;
    layout.may_set_device_rules = facts.initial_user_namespace && facts.has_capability(CAP_SYS_ADMIN);
    if (is_unified_only()) {
        layout.hierarchies.push_back({.mount_point = customary_root, .unified = true});
    } else {
        layout.hierarchies = cgroup_hierarchies(os::parse_mountinfo(procfs.read("self/mountinfo")));
    }
    for (CgroupHierarchy& hierarchy : layout.hierarchies) look_at(hierarchy, procfs);
    return layout;
}

CgroupLayout cgroup_layout() {
    const os::Procfs procfs = os::Procfs::open();
    return cgroup_layout(procfs, take_facts(procfs));
}

}  // namespace rt::host
