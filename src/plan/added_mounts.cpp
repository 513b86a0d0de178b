#include "rt/plan/added_mounts.hpp"

#include <sched.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/labels.hpp"
#include "rt/plan/mount_circumstances.hpp"

namespace rt::plan {

namespace {

// Their files are not looked for anywhere. Other types take paths, which inside the container lead elsewhere than at create.
constexpr std::array types_made_inside{"tmpfs", "ramfs", "mqueue", "sysfs", "devpts"};

[[noreturn]] void refuse(const Mount& mount, std::string reason, std::string hint = {}) {
    fail("add", mount.label, std::move(reason), std::move(hint));
}

void require_possible(const Mount& mount, const Namespaces& namespaces) {
    constexpr const char* at_create = "list it in the config.json of the container, and create that anew";
    if (mount.kind == MountKind::remount) refuse(mount, "'remount' makes no mount: it changes one that exists");
    if (mount.kind == MountKind::device_tmpfs)
        refuse(mount, "a tmpfs with the devices is made by create only", at_create);
    if (mount.id_mapping && !mount.opened_by_runtime) {
        refuse(mount, "in a running container only bind mounts of the host can be id-mapped", at_create);
    }
    if (mount.kind == MountKind::bind && !mount.opened_by_runtime) {
        refuse(mount, "to take a mount out of the caller's namespace needs CAP_SYS_ADMIN", "run rt as root");
    }
    if (mount.kind != MountKind::filesystem) return;
    if (mount.type == "proc") {
        if (!namespaces.has(NamespaceType::pid)) return;
        refuse(mount, "it would show the processes of the caller, not those of the container", at_create);
    }
    if (std::ranges::find(types_made_inside, mount.type) != types_made_inside.end()) return;
    refuse(mount, concat("a file system of the type '", printable(mount.type), "' is made by create only"), at_create);
}

void refuse_cgroups(const std::vector<spec::Mount>& mounts) {
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        if (mounts[i].type != "cgroup" && mounts[i].type != "cgroup2") continue;
        fail("use the mount at", (JsonPointer("/mounts") / i).text(), "cgroups are mounted by create only");
    }
}

}  // namespace

AddedMounts plan_added_mounts(spec::Spec spec, std::vector<spec::Mount> mounts, const ExecTarget& target,
                              const host::Facts& facts) {
    const Namespaces namespaces = joined_namespaces(target);
    if (!namespaces.has(NamespaceType::mount)) {
        fail("mount in", target.state.id,
             "it has no mount namespace of its own: everybody on this machine would see it");
    }
    refuse_cgroups(mounts);
    host::Facts known = facts;
    if (namespaces.has(NamespaceType::user)) known.joined_user_namespace = target.maps;
    AddedMounts added;
    const UserMappings mappings = plan_user_mappings({}, namespaces, known, added.warnings);
    added.setup_uid = mappings.setup_uid(spec.process ? spec.process->user.uid : 0);
    added.setup_gid = mappings.setup_gid(spec.process ? spec.process->user.gid : 0);
    RootfsCircumstances circumstances;
    circumstances.mounts = mount_circumstances(namespaces, mappings, added.setup_uid, added.setup_gid, known);
    circumstances.mounts.bundle = target.state.bundle;
    circumstances.mounts.selinux_label = plan_mount_label(spec.linux, known);
    circumstances.mount_namespace = MountNamespace::created;
    spec.mounts = std::move(mounts);
    added.rootfs = plan_rootfs(spec, std::move(circumstances), added.warnings);
    for (const Mount& mount : added.rootfs.mounts) require_possible(mount, namespaces);
    for (const JoinedNamespace& joined : namespaces.joined) added.namespaces |= clone_flag_of(joined.type);
    // The pid namespace of a process never changes (setns(2)), and none of these mounts depends on it.
    added.namespaces &= ~std::uint64_t{CLONE_NEWPID};
    return added;
}

std::vector<std::string> plan_removed_mounts(const std::vector<spec::Mount>& mounts) {
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < mounts.size(); ++i) {
        paths.push_back(tidy_path(concat("/", mounts[i].destination)));
        if (paths.back() != "/") continue;
        fail("take away the mount at", (JsonPointer("/mounts") / i).text(), "its destination is the root directory");
    }
    return paths;
}

}  // namespace rt::plan
