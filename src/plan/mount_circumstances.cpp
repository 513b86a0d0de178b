#include "rt/plan/mount_circumstances.hpp"

#include <linux/capability.h>

namespace rt::plan {

namespace {

// Root of a user namespace alone (unshare --user without --mount) has no rights over the mounts that it sees.
bool owns_mount_namespace(const host::Facts& facts) {
    const auto found = facts.own_namespace_owners.find(NamespaceType::mount);
    return found == facts.own_namespace_owners.end() || found->second.known();
}

}  // namespace

MountCircumstances mount_circumstances(const Namespaces& namespaces, const UserMappings& mappings,
                                       std::uint32_t setup_uid, std::uint32_t setup_gid, const host::Facts& facts) {
    MountCircumstances circumstances;
    circumstances.user_namespace = namespaces.has(NamespaceType::user);
    circumstances.own_pid_namespace = namespaces.has(NamespaceType::pid);
    circumstances.own_ipc_namespace = namespaces.has(NamespaceType::ipc);
    circumstances.own_network_namespace = namespaces.has(NamespaceType::network);
    circumstances.trees_by_runtime = facts.has_capability(CAP_SYS_ADMIN) && owns_mount_namespace(facts);
    circumstances.initial_user_namespace = facts.initial_user_namespace;
    // A node made inside any user namespace but the first could not be opened (mknod(2), user_namespaces(7)).
    circumstances.makes_devices = facts.initial_user_namespace && facts.has_capability(CAP_MKNOD);
    circumstances.mappings = mappings;
    circumstances.owner_uid = mappings.mapped ? mappings.uid_to_host(setup_uid).value_or(0) : facts.uid;
    circumstances.owner_gid = mappings.mapped ? mappings.gid_to_host(setup_gid).value_or(0) : facts.gid;
    return circumstances;
}

}  // namespace rt::plan
