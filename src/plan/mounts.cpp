#include "rt/plan/mounts.hpp"

#include <linux/mount.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000  // Linux 5.14
#endif

namespace rt::plan {

namespace {

// What mount(8) gives up when a bind mount is made with any flag of its own; access times are kept (mount(2), MS_REMOUNT).
constexpr std::uint64_t flags_of_a_bind =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;

// One entry of /mounts on its way to the plan.
struct Entry {
    const spec::Mount& mount;
    JsonPointer where;
    std::string label;
    std::string destination;
    ParsedMountOptions options;
    const MountCircumstances& circumstances;

    bool is_bind() const { return options.bind || mount.type == "bind"; }
    bool is_cgroup() const { return mount.type == "cgroup" || mount.type == "cgroup2"; }
};

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

std::string source_path(const Entry& entry) {
    const std::string& source = entry.mount.source;
    if (source.empty()) {
        fail("use the mount at", entry.where.text(), "a bind mount needs a source, and it is missing or empty");
    }
    return tidy_path(source.front() == '/' ? source : concat(entry.circumstances.bundle, "/", source));
}

// A copy of a mount is a peer of the original: what is mounted below either appears below both. So the copy leaves that
// group, unless the config asks for "shared"; out of a user namespace nothing goes to the host even then, as with any mount
// namespace of another user namespace (mount_namespaces(7), "Restrictions on mount namespaces").
std::uint64_t source_propagation(std::uint64_t wanted, bool user_namespace) {
    if (wanted == MS_SLAVE) return MS_SLAVE;
    if (wanted == MS_SHARED) return user_namespace ? MS_SLAVE : 0;
    return MS_PRIVATE;
}

Mount mount_of(const Entry& entry, MountKind kind) {
    Mount mount;
    mount.label = entry.label;
    mount.destination = entry.destination;
    mount.kind = kind;
    mount.opened_by_runtime = kind == MountKind::bind && entry.circumstances.trees_by_runtime;
    mount.type = entry.mount.type;
    mount.source = entry.mount.source;
    mount.attributes = entry.options.attributes;
    mount.recursive_attributes = entry.options.recursive_attributes;
    mount.source_propagation = source_propagation(entry.options.propagation, entry.circumstances.user_namespace);
    mount.propagation = entry.options.propagation;
    mount.propagation_recursive = entry.options.propagation_recursive;
    return mount;
}

Mount plan_bind(const Entry& entry, std::vector<std::string>& warnings) {
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
    for (const FilesystemOption& option : entry.options.data) {
        const std::optional<FoundMountOption> found = find_mount_option(option.key);
        if (found && found->option->kind == MountOptionKind::superblock) continue;
        warnings.push_back(concat(entry.where.text(), ": the option '", printable(option.key),
                                  "' is ignored: a bind mount has no options for the file system"));
    }
    return mount;
}

bool takes_ids(const Entry& entry) { return entry.mount.type == "tmpfs" || entry.mount.type == "devpts"; }

// uid= and gid= of a file system are ids of the container. Whoever mounts it must have them: the kernel says EINVAL only.
bool has_unmapped_id(const Entry& entry, const FilesystemOption& option) {
    const UserMappings& mappings = entry.circumstances.mappings;
    const bool is_uid = option.key == "uid";
    if (!mappings.mapped || !takes_ids(entry) || !option.value || (!is_uid && option.key != "gid")) return false;
    const std::optional<std::uint32_t> id = parse_number<std::uint32_t>(*option.value);
    if (!id) return false;  // the file system knows better what is wrong with it
    return !(is_uid ? mappings.uid_to_host(*id) : mappings.gid_to_host(*id));
}

[[noreturn]] void refuse_id(const Entry& entry, const FilesystemOption& option, const JsonPointer& where) {
    const UserMappings& mappings = entry.circumstances.mappings;
    const bool is_uid = option.key == "uid";
    fail(
        "use the mount option at", where.text(),
        concat(is_uid ? "user " : "group ", *option.value, " does not exist in the container: its user namespace maps ",
               (is_uid ? mappings.uids : mappings.gids).container_ranges()),
        concat("remove '", option.key, "=", *option.value, "', or map that ", option.key));
}

// The customary devpts asks for group 5 (tty), and a small mapping rarely has it. Without the option a terminal belongs to the
// group of whoever opens it: nothing is lost that anybody could use.
std::vector<FilesystemOption> checked_data(const Entry& entry, std::vector<std::string>& warnings) {
    std::vector<FilesystemOption> data;
    for (std::size_t i = 0; i < entry.options.data.size(); ++i) {
        const FilesystemOption& option = entry.options.data[i];
        const JsonPointer where = entry.where / "options" / entry.options.data_places[i];
        if (!has_unmapped_id(entry, option)) {
            data.push_back(option);
        } else if (entry.mount.type == "devpts" && option.key == "gid") {
            warnings.push_back(concat(where.text(), ": '", option.key, "=", *option.value,
                                      "' is left out, because the user namespace does not map that group"));
        } else {
            refuse_id(entry, option, where);
        }
    }
    return data;
}

bool has_option(const std::vector<FilesystemOption>& data, std::string_view key) {
    return std::ranges::find(data, key, &FilesystemOption::key) != data.end();
}

// The r-forms say nothing more about a file system that is new: there is nothing below it.
void merge_recursive(Mount& mount) {
    mount.attributes.set |= mount.recursive_attributes.set;
    mount.attributes.clear |= mount.recursive_attributes.clear;
    mount.recursive_attributes = {};
}

std::string refusal_reason(const Entry& entry) {
    const MountCircumstances& circumstances = entry.circumstances;
    if (!circumstances.user_namespace) return {};
    const std::string& type = entry.mount.type;
    if (type == "proc" && !circumstances.own_pid_namespace) {
        return "a user namespace may mount proc only with a pid namespace of its own: add { \"type\": \"pid\" }";
    }
    if (type == "proc") {
        return "the kernel refuses a new proc in a user namespace where parts of the caller's /proc are covered (a "
               "container "
               "in a container), or where the joined pid namespace belongs to another user namespace";
    }
    if (type == "mqueue" && !circumstances.own_ipc_namespace) {
        return "a user namespace may mount mqueue only with an ipc namespace of its own: add { \"type\": \"ipc\" }";
    }
    return concat("the kernel does not let a user namespace mount ", type);
}

Mount plan_filesystem(const Entry& entry, std::vector<std::string>& warnings) {
    if (entry.mount.type.empty()) {
        fail("use the mount at", entry.where.text(), "it has neither a type nor the option bind or rbind");
    }
    Mount mount = mount_of(entry, MountKind::filesystem);
    merge_recursive(mount);
    mount.data = checked_data(entry, warnings);
    mount.refusal_reason = refusal_reason(entry);
    mount.real_directory_only = mount.type == "proc" || mount.type == "sysfs";
    mount.read_only_sys_on_refusal = mount.type == "sysfs" && entry.circumstances.user_namespace;
    const bool read_only = (mount.attributes.set & MOUNT_ATTR_RDONLY) != 0;
    if (mount.type == "tmpfs") {
        mount.mode_of_mount_point = !has_option(mount.data, "mode");
        mount.read_only_at_end = read_only;
        mount.attributes.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    } else if (constexpr std::array of_the_kernel{"proc", "sysfs", "devpts", "mqueue"};
               read_only && std::ranges::find(of_the_kernel, mount.type) == of_the_kernel.end()) {
        // A read-only disk is mounted only when the file system itself is asked to be read-only too.
        mount.data.push_back({.key = "ro", .value = std::nullopt});
    }
    return mount;
}

// A sysfs shows a network namespace, and belongs to whom that belongs to.
Mount plan_read_only_sys(const Entry& entry) {
    Mount mount = mount_of(entry, MountKind::bind);
    mount.source = "/sys";
    mount.recursive = true;
    mount.real_directory_only = true;
    merge_recursive(mount);
    mount.recursive_attributes = {.set = mount.attributes.set | MOUNT_ATTR_RDONLY, .clear = 0};
    mount.attributes = {};
    return mount;
}

std::uint32_t host_id(const FilesystemOption& option, const UserMappings& mappings, std::uint32_t otherwise) {
    const std::optional<std::uint32_t> id = parse_number<std::uint32_t>(*option.value);
    if (!id) return otherwise;
    return (option.key == "uid" ? mappings.uid_to_host(*id) : mappings.gid_to_host(*id)).value_or(otherwise);
}

// Made by the runtime outside of the user namespace, device nodes in it can be used; so ids are those of the host.
Mount plan_device_tmpfs(const Entry& entry, std::vector<std::string>& warnings) {
    const MountCircumstances& circumstances = entry.circumstances;
    Mount mount = plan_filesystem(entry, warnings);
    mount.kind = MountKind::device_tmpfs;
    mount.opened_by_runtime = true;
    mount.mode_of_mount_point = false;
    for (FilesystemOption& option : mount.data) {
        const bool is_uid = option.key == "uid";
        if (!option.value || (!is_uid && option.key != "gid")) continue;
        const std::uint32_t owner = is_uid ? circumstances.owner_uid : circumstances.owner_gid;
        option.value = std::to_string(host_id(option, circumstances.mappings, owner));
    }
    if (!has_option(mount.data, "uid")) mount.data.push_back({"uid", std::to_string(circumstances.owner_uid)});
    if (!has_option(mount.data, "gid")) mount.data.push_back({"gid", std::to_string(circumstances.owner_gid)});
    if (!has_option(mount.data, "mode")) mount.data.push_back({"mode", "755"});
    return mount;
}

// The container's own cgroup directories, bound: the same view with and without a cgroup namespace.
void plan_cgroup(const Entry& entry, std::vector<Mount>& mounts, std::vector<std::string>& warnings) {
    const std::optional<CgroupView>& view = entry.circumstances.cgroup;
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

bool wants_device_tmpfs(const Entry& entry) {
    const MountCircumstances& circumstances = entry.circumstances;
    return entry.mount.type == "tmpfs" && entry.destination == "/dev" && circumstances.user_namespace &&
           circumstances.trees_by_runtime && circumstances.makes_devices;
}

void plan_entry(const Entry& entry, std::vector<Mount>& mounts, std::vector<std::string>& warnings) {
    if (entry.is_bind()) {
        mounts.push_back(plan_bind(entry, warnings));
    } else if (entry.is_cgroup()) {
        plan_cgroup(entry, mounts, warnings);
    } else if (entry.mount.type == "sysfs" && entry.circumstances.user_namespace &&
               !entry.circumstances.own_network_namespace) {
        mounts.push_back(plan_read_only_sys(entry));
    } else if (wants_device_tmpfs(entry)) {
        mounts.push_back(plan_device_tmpfs(entry, warnings));
    } else {
        mounts.push_back(plan_filesystem(entry, warnings));
    }
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
        const std::string what = mount.type.empty() || mount.type == "none" ? std::string("bind") : mount.type;
        plan_entry({.mount = mount,
                    .where = where,
                    .label = concat("mount ", i, " (", printable(what), " on ", printable(mount.destination), ")"),
                    .destination = absolute_destination(mount, where, warnings),
                    .options = parse_mount_options(mount.options, where / "options"),
                    .circumstances = circumstances},
                   planned, warnings);
    }
    return planned;
}

}  // namespace rt::plan
