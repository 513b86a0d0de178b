#include <linux/mount.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/idmapped_mounts.hpp"
#include "rt/plan/mount_entry.hpp"

namespace rt::plan {

namespace {

// uid= and gid= of a file system are ids of the container. Whoever mounts it must have them: the kernel says EINVAL only.
// On an id-mapped one they are its own ids, whatever they show as.
bool has_unmapped_id(const MountEntry& entry, std::string_view type, const FilesystemOption& option) {
    const UserMappings& mappings = entry.circumstances.mappings;
    const bool is_uid = option.key == "uid";
    if (wants_id_mapping(entry)) return false;
    if ((type != "tmpfs" && type != "devpts") || !option.value || (!is_uid && option.key != "gid")) return false;
    const std::optional<std::uint32_t> id = parse_number<std::uint32_t>(*option.value);
    if (!id) return false;  // the file system knows better what is wrong with it
    return !(is_uid ? mappings.uid_to_host(*id) : mappings.gid_to_host(*id));
}

[[noreturn]] void refuse_id(const MountEntry& entry, const FilesystemOption& option, const JsonPointer& where) {
    const UserMappings& mappings = entry.circumstances.mappings;
    const bool is_uid = option.key == "uid";
    fail(
        "use the mount option at", where.text(),
        concat(is_uid ? "user " : "group ", *option.value, " does not exist in the container: its user namespace maps ",
               (is_uid ? mappings.uids : mappings.gids).container_ranges()),
        concat("remove '", option.key, "=", *option.value, "', or map that ", option.key));
}

std::string refusal_reason(const MountEntry& entry) {
    const MountCircumstances& circumstances = entry.circumstances;
    if (!circumstances.user_namespace) return {};
    const std::string& type = entry.mount.type;
    if (type == "proc") {
        return "the kernel makes a new proc for a user namespace only where the caller sees all of /proc, and only of "
               "a "
               "pid namespace that was made in that user namespace";
    }
    if (type == "sysfs") {
        return "the kernel makes a new sysfs for a user namespace only where the caller sees all of /sys, and only of "
               "a "
               "network namespace that was made in that user namespace";
    }
    if (type == "mqueue" && !circumstances.own_ipc_namespace) {
        return "a user namespace may mount mqueue only with an ipc namespace of its own: add { \"type\": \"ipc\" }";
    }
    return concat("the kernel does not let a user namespace mount ", type);
}

void check_options_of_other_kinds(const MountEntry& entry, std::vector<std::string>& warnings) {
    if (entry.options.copy_up && entry.mount.type != "tmpfs") {
        fail("use the mount at", entry.where.text(),
             concat("'tmpcopyup' fills a new tmpfs, and the type is ", printable(entry.mount.type)));
    }
    if (entry.options.copy_symlink || entry.options.source_nofollow) {
        warnings.push_back(
            concat(entry.where.text(),
                   ": 'copy-symlink' and 'src-nofollow' are ignored: only the source of a bind mount can "
                   "be a symbolic link"));
    }
}

// What fsconfig(2) has no word for, or no room.
bool needs_mount_call(const Mount& mount) {
    constexpr std::size_t longest_value = 255;
    return (mount.superblock.set & flags_of_mount_call_only) != 0 ||
           std::ranges::any_of(mount.data, [](const FilesystemOption& option) {
               return option.value && option.value->size() > longest_value;
           });
}

// The device rules of the container hold for init already, and they know no disk.
bool is_on_device(const MountEntry& entry) {
    const std::string& source = entry.mount.source;
    return source.starts_with("/dev/") && is_read_only_itself(entry.mount.type) &&
           !entry.mount.type.starts_with("fuse");
}

std::uint32_t host_id(const FilesystemOption& option, const UserMappings& mappings, std::uint32_t otherwise) {
    const std::optional<std::uint32_t> id = parse_number<std::uint32_t>(*option.value);
    if (!id) return otherwise;
    return (option.key == "uid" ? mappings.uid_to_host(*id) : mappings.gid_to_host(*id)).value_or(otherwise);
}

}  // namespace

// The customary devpts asks for group 5 (tty), and a small mapping rarely has it. Without the option a terminal belongs to the
// group of whoever opens it: nothing is lost that anybody could use.
std::vector<FilesystemOption> checked_data(const MountEntry& entry, std::string_view type,
                                           std::vector<std::string>& warnings) {
    std::vector<FilesystemOption> data;
    for (std::size_t i = 0; i < entry.options.data.size(); ++i) {
        const FilesystemOption& option = entry.options.data[i];
        const JsonPointer where = entry.where / "options" / entry.options.data_places[i];
        if (!has_unmapped_id(entry, type, option)) {
            data.push_back(option);
        } else if (type == "devpts" && option.key == "gid") {
            warnings.push_back(concat(where.text(), ": '", option.key, "=", *option.value,
                                      "' is left out, because the user namespace does not map that group"));
        } else {
            refuse_id(entry, option, where);
        }
    }
    return data;
}

bool is_read_only_itself(std::string_view type) {
    constexpr std::array elsewhere{"proc", "sysfs", "devpts", "mqueue", "tmpfs"};
    return std::ranges::find(elsewhere, type) == elsewhere.end();
}

Mount plan_filesystem(const MountEntry& entry, std::vector<std::string>& warnings) {
    if (entry.mount.type.empty() || entry.mount.type == "none") {  // "none" names no file system (mount(8), --bind)
        fail("use the mount at", entry.where.text(), "it has neither a type nor the option bind or rbind");
    }
    Mount mount = mount_of(entry, MountKind::filesystem);
    merge_recursive(mount);
    mount.data = checked_data(entry, mount.type, warnings);
    mount.superblock = entry.options.superblock;
    mount.copy_up = entry.options.copy_up;
    mount.refusal_reason = refusal_reason(entry);
    mount.real_directory_only = mount.type == "proc" || mount.type == "sysfs";
    mount.read_only_sys_on_refusal = mount.type == "sysfs" && entry.circumstances.user_namespace;
    const bool read_only = (mount.attributes.set & MOUNT_ATTR_RDONLY) != 0;
    if (mount.type == "tmpfs") {
        mount.mode_of_mount_point = !has_option(mount.data, "mode");
        mount.read_only_at_end = read_only;
        mount.attributes.set &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    } else if (read_only && is_read_only_itself(mount.type)) {
        // A read-only disk is mounted only when the file system itself is asked to be read-only too.
        mount.superblock.set |= MS_RDONLY;
    }
    check_options_of_other_kinds(entry, warnings);
    mount.by_mount_call = needs_mount_call(mount);
    if (is_on_device(entry) && entry.circumstances.trees_by_runtime) {
        mount.kind = MountKind::disk;
        mount.opened_by_runtime = true;
    }
    return mount;
}

// Made by the runtime outside of the user namespace, device nodes in it can be used; so ids are those of the host.
Mount plan_device_tmpfs(const MountEntry& entry, std::vector<std::string>& warnings) {
    const MountCircumstances& circumstances = entry.circumstances;
    Mount mount = plan_filesystem(entry, warnings);
    mount.kind = MountKind::device_tmpfs;
    mount.opened_by_runtime = true;
    mount.mode_of_mount_point = false;
    mount.by_mount_call = false;  // what it is for says nothing to a tmpfs
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

bool wants_device_tmpfs(const MountEntry& entry) {
    const MountCircumstances& circumstances = entry.circumstances;
    return entry.mount.type == "tmpfs" && entry.destination == "/dev" && circumstances.user_namespace &&
           circumstances.trees_by_runtime && circumstances.makes_devices && !wants_id_mapping(entry);
}

}  // namespace rt::plan
