#include "rt/plan/rootfs.hpp"

#include <linux/mount.h>

#include <algorithm>
#include <array>
#include <set>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/idmapped_rootfs.hpp"

namespace rt::plan {

namespace {

JsonPointer linux_object() { return JsonPointer("/linux"); }

struct Propagation {
    std::uint64_t type = 0;
    bool recursive = false;
};

Propagation propagation_of(const std::string& word) {
    if (word.empty()) return {};
    const std::optional<FoundMountOption> found = find_mount_option(word);
    if (!found || found->option->kind != MountOptionKind::propagation) {
        fail("use", (linux_object() / "rootfsPropagation").text(),
             concat("'", printable(word), "' is none of shared, slave, private, unbindable"));
    }
    return {.type = found->option->set, .recursive = found->recursive};
}

[[noreturn]] void refuse_without_mount_namespace(const JsonPointer& where, const char* what) {
    fail("apply", where.text(),
         concat(what,
                " would change what everybody on this machine sees: /linux/namespaces lists "
                "no mount namespace"),
         "add { \"type\": \"mount\" } to /linux/namespaces");
}

// Without a mount namespace nothing may be mounted: it would be mounted for the whole host.
void require_no_mounts(const spec::Spec& spec) {
    if (!spec.mounts.empty()) refuse_without_mount_namespace(JsonPointer("/mounts"), "a mount");
    if (spec.root.readonly) refuse_without_mount_namespace(JsonPointer("/root/readonly"), "a read-only root");
    if (!spec.linux.masked_paths.empty()) {
        refuse_without_mount_namespace(linux_object() / "maskedPaths", "a masked path");
    }
    if (!spec.linux.readonly_paths.empty()) {
        refuse_without_mount_namespace(linux_object() / "readonlyPaths", "a read-only path");
    }
    if (!spec.linux.rootfs_propagation.empty()) {
        refuse_without_mount_namespace(linux_object() / "rootfsPropagation", "the propagation of the rootfs");
    }
}

std::vector<std::string> absolute_paths(const std::vector<std::string>& paths, const JsonPointer& where) {
    std::vector<std::string> tidy;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (paths[i].empty() || paths[i].front() != '/') {
            fail("use the path at", (where / i).text(), concat("'", printable(paths[i]), "' is not absolute"));
        }
        std::string path = tidy_path(paths[i]);
        if (path == "/") {
            fail("use the path at", (where / i).text(), "it is the root directory itself",
                 "set /root/readonly to true for a read-only root");
        }
        if (seen.insert(path).second) tidy.push_back(std::move(path));
    }
    return tidy;
}

std::string rootfs_path(const spec::Root& root, const std::string& bundle) {
    if (root.path.empty()) fail("use", "/root/path", "it is empty");
    return tidy_path(root.path.front() == '/' ? root.path : concat(bundle, "/", root.path));
}

bool dev_is_bound(const std::vector<Mount>& mounts) {
    return std::ranges::any_of(mounts, [](const Mount& mount) {
        return mount.destination == "/dev" &&
               (mount.kind == MountKind::bind || mount.kind == MountKind::bind_in_rootfs);
    });
}

// Without capabilities in the config the process has none, whatever its uid is.
bool has_in_effect(const spec::Process& process, std::string_view capability) {
    return process.capabilities &&
           std::ranges::find(process.capabilities->effective, capability) != process.capabilities->effective.end();
}

std::vector<FileUser> file_users(const spec::Spec& spec, const Rootfs& rootfs) {
    std::vector<FileUser> users;
    users.push_back({.who = "root of the container",
                     .uid = rootfs.owner_uid,
                     .gid = rootfs.owner_gid,
                     .groups = {},
                     .overrides_modes = true});
    if (!spec.process) return users;
    const spec::User& user = spec.process->user;
    const std::optional<std::uint32_t> uid = rootfs.mappings.uid_to_host(user.uid);
    const std::optional<std::uint32_t> gid = rootfs.mappings.gid_to_host(user.gid);
    if (!uid || !gid) return users;  // refused by the plan of the process
    FileUser process{.who = concat("uid ", user.uid, " of the container, /process/user"),
                     .uid = *uid,
                     .gid = *gid,
                     .groups = {},
                     .overrides_modes = has_in_effect(*spec.process, "CAP_DAC_OVERRIDE"),
                     .reads_everything = has_in_effect(*spec.process, "CAP_DAC_READ_SEARCH")};
    for (const std::uint32_t group : user.additional_gids) {
        if (const std::optional<std::uint32_t> host = rootfs.mappings.gid_to_host(group))
            process.groups.push_back(*host);
    }
    users.push_back(std::move(process));
    return users;
}

void plan_propagation(Rootfs& rootfs, const std::string& word) {
    const Propagation wanted = propagation_of(word);
    rootfs.initial_propagation = wanted.type == MS_SLAVE ? MS_SLAVE : MS_PRIVATE;
    // Not before pivot_root(2), which refuses a shared root. "shared" is a new peer group (config-linux.md "Rootfs Mount
    // Propagation"): the host is not in it.
    if (wanted.type == MS_SLAVE || wanted.type == MS_PRIVATE) return;
    rootfs.final_propagation = wanted.type;
    rootfs.final_propagation_recursive = wanted.recursive;
}

}  // namespace

Rootfs plan_rootfs(const spec::Spec& spec, RootfsCircumstances circumstances, std::vector<std::string>& warnings) {
    MountCircumstances& mounts = circumstances.mounts;
    Rootfs rootfs;
    rootfs.path = rootfs_path(spec.root, mounts.bundle);
    rootfs.owner_uid = mounts.owner_uid;
    rootfs.owner_gid = mounts.owner_gid;
    rootfs.mappings = mounts.mappings;
    rootfs.users = file_users(spec, rootfs);
    rootfs.id_mapping = plan_rootfs_id_mapping(spec, circumstances);
    mounts.rootfs_id_mapped = rootfs.id_mapping.has_value();
    if (circumstances.mount_namespace == MountNamespace::none) {
        require_no_mounts(spec);
        rootfs.enter = EnterMethod::chroot_only;
        rootfs.by_runtime = true;
        rootfs.devices = plan_devices(spec.linux.devices, {}, {.mounts = mounts, .mount_namespace = false});
        return rootfs;
    }
    const bool joined = circumstances.mount_namespace == MountNamespace::joined;
    rootfs.enter = joined ? EnterMethod::chroot : circumstances.no_pivot ? EnterMethod::cover : EnterMethod::pivot;
    rootfs.by_runtime = mounts.trees_by_runtime && !joined;
    if (joined || circumstances.hooks_before_entering) {
        rootfs.place = !joined && mounts.user_namespace ? "." : rootfs.path;
    }
    rootfs.readonly = spec.root.readonly;
    plan_propagation(rootfs, spec.linux.rootfs_propagation);
    mounts.rootfs_path = rootfs.path;
    rootfs.mounts = plan_mounts(spec.mounts, mounts, warnings);
    rootfs.devices = plan_devices(spec.linux.devices, rootfs.mounts, {.mounts = mounts});
    rootfs.device_links = !dev_is_bound(rootfs.mounts);
    rootfs.masked_paths = absolute_paths(spec.linux.masked_paths, linux_object() / "maskedPaths");
    rootfs.mask_label = mounts.selinux_label;
    rootfs.readonly_paths = absolute_paths(spec.linux.readonly_paths, linux_object() / "readonlyPaths");
    return rootfs;
}

}  // namespace rt::plan
