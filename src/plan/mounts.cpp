#include "rt/plan/mounts.hpp"

#include <linux/mount.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/idmapped_mounts.hpp"
#include "rt/plan/mount_entry.hpp"

namespace rt::plan {

namespace {

std::string absolute_destination(const spec::Mount& mount, const JsonPointer& where,
                                 std::vector<std::string>& warnings) {
    if (mount.destination.empty()) fail("use the mount at", where.text(), "its destination is empty");
    const bool relative = mount.destination.front() != '/';
    if (relative) {
        warnings.push_back(concat((where / "destination").text(), ": the relative path '", printable(mount.destination),
                                  "' is taken from '/' (relative destinations are deprecated)"));
    }
    std::string destination = tidy_path(relative ? concat("/", mount.destination) : mount.destination);
    if (destination == "/") {
        fail("use the mount at", where.text(), "its destination is the root directory, which is /root/path already");
    }
    return destination;
}

std::string_view kind_of(const spec::Mount& mount, const ParsedMountOptions& options) {
    if (options.remount) return "remount";
    return mount.type.empty() || mount.type == "none" ? std::string_view("bind") : mount.type;
}

// What the caller has there, with the mounts that cover parts of it: a user namespace may not take those away.
Mount plan_bind_of_callers(const MountEntry& entry, const char* path) {
    Mount mount = mount_of(entry, MountKind::bind);
    mount.source = path;
    mount.recursive = true;
    mount.real_directory_only = true;
    merge_recursive(mount);
    mount.recursive_attributes = {.set = mount.attributes.set, .clear = 0};
    mount.attributes = {};
    return mount;
}

// A sysfs shows a network namespace, and belongs to whom that belongs to.
Mount plan_read_only_sys(const MountEntry& entry) {
    Mount mount = plan_bind_of_callers(entry, "/sys");
    mount.recursive_attributes.set |= MOUNT_ATTR_RDONLY;
    return mount;
}

// In a user namespace, what the kernel will not mount anew.
bool shows_callers_processes(const MountEntry& entry) {
    return entry.mount.type == "proc" && entry.circumstances.user_namespace && !entry.circumstances.own_pid_namespace;
}
bool shows_callers_network(const MountEntry& entry) {
    return entry.mount.type == "sysfs" && entry.circumstances.user_namespace &&
           !entry.circumstances.own_network_namespace;
}

// The container's own cgroup directories, bound: the same view with and without a cgroup namespace.
void plan_cgroup(const MountEntry& entry, std::vector<Mount>& mounts, std::vector<std::string>& warnings) {
    const std::optional<CgroupView>& view = entry.circumstances.cgroup;
    warn_of_filesystem_options(entry, "the container's cgroup directories are mounted already", warnings);
    if (view && !view->unified.empty()) {
        mounts.push_back(mount_of(entry, MountKind::bind));
        mounts.back().source = view->unified;
        return;
    }
    if (!view) {
        warnings.push_back(concat(entry.where.text(), ": the container has no cgroup of its own, so '",
                                  entry.destination, "' is an empty directory"));
    }
    Mount top = mount_of(entry, MountKind::filesystem);
    top.type = "tmpfs";
    merge_recursive(top);
    top.data = {{"mode", "755"}};
    top.read_only_at_end = !view || (top.attributes.set & MOUNT_ATTR_RDONLY) != 0;
    top.attributes.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    if (view) {
        for (const auto& link : view->links) top.links.push_back({.name = link.name, .target = link.target});
    }
    mounts.push_back(std::move(top));
    if (!view) return;
    for (const auto& hierarchy : view->hierarchies) {
        Mount mount = mount_of(entry, MountKind::bind);
        mount.source = hierarchy.directory;
        mount.destination = concat(entry.destination, "/", hierarchy.name);
        mount.label = concat(entry.label, ", ", hierarchy.name);
        mounts.push_back(std::move(mount));
    }
}

void plan_entry(const MountEntry& entry, std::vector<Mount>& mounts, std::vector<std::string>& warnings) {
    const std::size_t first = mounts.size();
    if (entry.options.remount) {
        mounts.push_back(plan_remount(entry, mounts, warnings));
    } else if (entry.is_bind()) {
        mounts.push_back(plan_bind(entry, warnings));
    } else if (entry.is_cgroup()) {
        plan_cgroup(entry, mounts, warnings);
    } else if (shows_callers_processes(entry)) {
        // The processes are those of the caller's /proc, and the container's root is nobody special there.
        warn_of_filesystem_options(entry, "without a pid namespace of its own it shows the caller's /proc", warnings);
        mounts.push_back(plan_bind_of_callers(entry, "/proc"));
    } else if (shows_callers_network(entry)) {
        warn_of_filesystem_options(entry, "without a network namespace of its own it shows the caller's /sys",
                                   warnings);
        mounts.push_back(plan_read_only_sys(entry));
    } else if (wants_device_tmpfs(entry)) {
        mounts.push_back(plan_device_tmpfs(entry, warnings));
    } else {
        mounts.push_back(plan_filesystem(entry, warnings));
    }
    plan_id_mapping(mounts[first], entry);
}

// SELinux labels a new file system as a whole. What is the same for all containers (proc, sysfs) has its labels from the
// policy; the mqueue of an ipc namespace exists before it is mounted.
void set_selinux_label(Mount& mount, const std::string& label) {
    constexpr std::array labelled{MountKind::filesystem, MountKind::device_tmpfs, MountKind::disk};
    if (std::ranges::find(labelled, mount.kind) == labelled.end()) return;
    if (mount.type == "proc" || mount.type == "sysfs") return;
    if (mount.type == "mqueue") {
        mount.selinux_root_label = label;
        return;
    }
    constexpr std::array given{"context", "fscontext", "defcontext", "rootcontext"};  // mount(8)
    if (std::ranges::any_of(given, [&](const char* option) { return has_option(mount.data, option); })) return;
    mount.data.push_back({"context", label});
}

}  // namespace

std::string tidy_path(std::string_view path) {
    std::string tidy;
    for (const std::string& part : split(path, '/')) {
        if (!part.empty() && part != ".") tidy += concat("/", part);
    }
    return tidy.empty() ? "/" : tidy;
}

std::vector<Mount> plan_mounts(const std::vector<spec::Mount>& mounts, const MountCircumstances& circumstances,
                               std::vector<std::string>& warnings) {
    std::vector<Mount> planned;
    planned.reserve(mounts.size());
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        const spec::Mount& mount = mounts[i];
        const JsonPointer where = JsonPointer("/mounts") / i;
        const ParsedMountOptions options = parse_mount_options(mount.options, where / "options");
        plan_entry({.mount = mount,
                    .where = where,
                    .label = concat("mount ", i, " (", printable(kind_of(mount, options)), " on ",
                                    printable(mount.destination), ")"),
                    .destination = absolute_destination(mount, where, warnings),
                    .options = options,
                    .circumstances = circumstances},
                   planned, warnings);
    }
    if (!circumstances.selinux_label.empty()) {
        for (Mount& mount : planned) set_selinux_label(mount, circumstances.selinux_label);
    }
    return planned;
}

}  // namespace rt::plan
