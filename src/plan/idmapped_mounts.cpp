#include "rt/plan/idmapped_mounts.hpp"

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr const char* example =
    "\"uidMappings\": [ { \"containerID\": 0, \"hostID\": 100000, \"size\": 65536 } ], and gidMappings likewise";

// What the kernel or the container's own cgroups show there are ids of a namespace, not of a file system.
bool shows_ids_of_a_namespace(const MountEntry& entry) {
    constexpr std::array types{"proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"};
    return !entry.is_bind() && std::ranges::find(types, entry.mount.type) != types.end();
}

void require_both(const MountEntry& entry) {
    const bool uids = !entry.mount.uid_mappings.empty();
    if (uids == !entry.mount.gid_mappings.empty()) return;
    fail("use the mount at", (entry.where / (uids ? "uidMappings" : "gidMappings")).text(),
         concat(uids ? "gidMappings" : "uidMappings", " is missing or empty, and the kernel maps both or none"),
         concat("add ", uids ? "gidMappings" : "uidMappings"));
}

// The word of other runtimes that carries a mapping in the option: without effect it would leave the ids as they are.
void refuse_mapping_in_option(const MountEntry& entry) {
    for (std::size_t i = 0; i < entry.options.data.size(); ++i) {
        const std::string& key = entry.options.data[i].key;
        if (key != "idmap" && key != "ridmap") continue;
        fail("use the mount option at", (entry.where / "options" / entry.options.data_places[i]).text(),
             concat("'", key, "' takes no value"), concat("give the mapping as ", example));
    }
}

MountIdMapping mapping_of(const MountEntry& entry) {
    const UserMappings& container = entry.circumstances.mappings;
    const bool recursive = entry.options.id_mapped_recursively;
    if (!entry.mount.uid_mappings.empty()) {
        return {.uids = IdMappings::validate(entry.mount.uid_mappings, entry.where / "uidMappings"),
                .gids = IdMappings::validate(entry.mount.gid_mappings, entry.where / "gidMappings"),
                .recursive = recursive};
    }
    if (container.mapped) return {.uids = container.uids, .gids = container.gids, .recursive = recursive};
    fail("id-map the mount at", entry.where.text(),
         "it has no uidMappings and gidMappings, and the container has no user namespace whose mapping could be used",
         concat("add ", example));
}

}  // namespace

bool wants_id_mapping(const MountEntry& entry) {
    return entry.options.id_mapped || !entry.mount.uid_mappings.empty() || !entry.mount.gid_mappings.empty();
}

void plan_id_mapping(Mount& mount, const MountEntry& entry) {
    refuse_mapping_in_option(entry);
    if (!wants_id_mapping(entry)) return;
    require_both(entry);
    MountIdMapping mapping = mapping_of(entry);
    if (shows_ids_of_a_namespace(entry)) {
        fail("id-map the mount at", entry.where.text(),
             concat("a ", entry.mount.type,
                    " shows ids of a namespace, not of a file system: the kernel does not map it"),
             "leave idmap, ridmap, uidMappings and gidMappings out");
    }
    if (entry.options.remount) {
        fail("id-map the mount at", entry.where.text(),
             "'remount' changes a mount that exists, and its ids cannot be mapped any more",
             "id-map the entry that it changes");
    }
    if (mount.kind == MountKind::bind_in_rootfs && entry.circumstances.rootfs_id_mapped) {
        fail("id-map the mount at", entry.where.text(),
             "its source is in the rootfs, which is id-mapped itself: one mapping is all that a mount can have",
             "leave idmap, ridmap, uidMappings and gidMappings out: it shows the ids that the rootfs shows");
    }
    if (!entry.circumstances.trees_by_runtime) {
        fail(
            "id-map the mount at", entry.where.text(),
            "the kernel asks for CAP_SYS_ADMIN in the user namespace in which the file system was mounted, and rt runs "
            "without it",
            "run rt as root, or leave idmap, ridmap, uidMappings and gidMappings out");
    }
    mount.id_mapping = std::move(mapping);
    // A new file system is made with the caller's rights: ids on it are what they are, whatever the container maps.
    if (mount.kind == MountKind::filesystem) mount.refusal_reason.clear();
}

}  // namespace rt::plan
