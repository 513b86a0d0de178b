#include "rt/plan/cgroup_place.hpp"

#include <algorithm>
#include <array>

#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr const char* hint_for_users =
    "let systemd delegate a cgroup: systemd-run --user --scope -p Delegate=yes rt run ..., or run rt as root";

bool has(const host::CgroupLevel& level, std::string_view controller) {
    return std::ranges::find(level.controllers, controller) != level.controllers.end();
}

// The controllers that systemd gives on to users when it is told to (systemd.resource-control(5), "Delegate=").
std::string hint_for_delegating(std::string_view controller) {
    constexpr std::array<std::string_view, 5> known{"cpu", "cpuset", "io", "memory", "pids"};
    if (std::ranges::find(known, controller) == known.end()) return "remove the value, or run rt as root";
    return "let systemd delegate it: systemctl edit user@.service as root, with the lines [Service] and Delegate=cpu "
           "cpuset io memory pids; then log in again. Or remove the value";
}

NoCgroup why_not_writable(const host::CgroupHierarchy& hierarchy) {
    std::string reason = concat("no cgroup can be made in ", hierarchy.mount_point);
    if (hierarchy.read_only) {
        return {concat(reason, ": it is mounted read-only"),
                concat("make it writable: mount -o remount,rw ", hierarchy.mount_point)};
    }
    if (!hierarchy.way.empty()) reason += concat(": its owner is uid ", hierarchy.way.front().owner);
    if (!hierarchy.unified) {
        return {reason,
                "run rt as root: hierarchies of cgroup v1 are not delegated to users (cgroups(7)); cgroup v2 is, "
                "boot with systemd.unified_cgroup_hierarchy=1 for it"};
    }
    if (hierarchy.way.size() > 1) {
        reason += concat(", nor in one on the way to that of rt, ", hierarchy.way.back().path);
    }
    return {std::move(reason), hint_for_users};
}

}  // namespace

const host::CgroupLevel* delegated_cgroup(const host::CgroupLayout& layout) noexcept {
    if (layout.mode() != host::CgroupMode::unified || layout.unified()->writable) return nullptr;
    const std::vector<host::CgroupLevel>& way = layout.unified()->way;
    const auto found = std::ranges::find(way, true, &host::CgroupLevel::writable);
    return found == way.end() ? nullptr : &*found;
}

host::CgroupLayout with_delegated_controllers(host::CgroupLayout layout) {
    const host::CgroupLevel* top = delegated_cgroup(layout);
    if (top != nullptr) layout.hierarchies.front().controllers = top->controllers;
    return layout;
}

std::string customary_place(const host::CgroupLayout& layout, const std::string& id) {
    const host::CgroupLevel* top = delegated_cgroup(layout);
    if (top == nullptr) return "/" + id;
    const std::string& own = layout.unified()->way.back().path;
    // What is above it is not the caller's.
    const std::string parent = own == top->path ? own : own.substr(0, own.rfind('/'));
    return concat(parent, "/", id, "/container");
}

NoCgroup why_no_cgroup(const host::CgroupLayout& layout, std::string_view path, std::string_view controller) {
    if (layout.hierarchies.empty()) {
        return {"no cgroup hierarchy is mounted", "mount -t cgroup2 cgroup2 /sys/fs/cgroup"};
    }
    if (const host::CgroupLevel* top = delegated_cgroup(layout)) {
        const std::string& root = layout.unified()->mount_point;
        return {concat(root, path, " is not in ", root, top->path, ", the topmost cgroup that rt may make others in"),
                "leave /linux/cgroupsPath out, or write a path relative to that, without the slash in front"};
    }
    const host::CgroupHierarchy* blocked = nullptr;
    for (const host::CgroupHierarchy& hierarchy : layout.hierarchies) {
        if (hierarchy.writable) continue;
        if (blocked == nullptr || hierarchy.has_controller(controller)) blocked = &hierarchy;
    }
    if (blocked != nullptr) return why_not_writable(*blocked);
    return {concat("no mounted hierarchy has the ", controller, " controller"), ""};
}

NoCgroup why_not_delegated(const host::CgroupLayout& layout, std::string_view controller) {
    const host::CgroupLevel* top = delegated_cgroup(layout);
    if (top == nullptr || has(*top, controller)) return {};
    const std::vector<host::CgroupLevel>& way = layout.unified()->way;
    const auto lacks =
        std::ranges::find_if_not(way, [&](const host::CgroupLevel& level) { return has(level, controller); });
    if (lacks == way.begin() || lacks == way.end()) return {};
    const host::CgroupLevel& keeps = *(lacks - 1);
    const std::string& root = layout.unified()->mount_point;
    return {concat("the cgroup controller ", controller, " ends at ", root, keeps.path, " (its owner is uid ",
                   keeps.owner, "), which does not pass it on to ", root, lacks->path),
            hint_for_delegating(controller)};
}

}  // namespace rt::plan
