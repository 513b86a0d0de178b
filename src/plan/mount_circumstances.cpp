#include "rt/plan/mount_circumstances.hpp"

#include <linux/capability.h>

namespace rt::plan {

MountCircumstances mount_circumstances(const Namespaces& namespaces, const UserMappings& mappings,
                                       std::uint32_t setup_uid, std::uint32_t setup_gid, const host::Facts& facts) {
    MountCircumstances circumstances;
    circumstances.user_namespace = namespaces.has(NamespaceType::user);
    circumstances.own_pid_namespace = namespaces.has(NamespaceType::pid);
    circumstances.own_ipc_namespace = namespaces.has(NamespaceType::ipc);
    circumstances.own_network_namespace = namespaces.has(NamespaceType::network);
    circumstances.trees_by_runtime = facts.has_capability(CAP_SYS_ADMIN);
    circumstances.initial_user_namespace = facts.initial_user_namespace;
    // A node made inside any user namespace but the first could not be opened (mknod(2), user_namespaces(7)).
    circumstances.makes_devices = facts.initial_user_namespace && facts.has_capability(CAP_MKNOD);
    circumstances.mappings = mappings;
    circumstances.owner_uid = mappings.mapped ? mappings.uid_to_host(setup_uid).value_or(0) : facts.uid;
    circumstances.owner_gid = mappings.mapped ? mappings.gid_to_host(setup_gid).value_or(0) : facts.gid;
    return circumstances;
}

}  // namespace rt::plan
