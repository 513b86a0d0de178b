#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/host/caller_descriptors.hpp"
#include "rt/host/id_map_helpers.hpp"
#include "rt/host/namespace_owner.hpp"
#include "rt/host/security_modules.hpp"
#include "rt/os/procfs.hpp"

namespace rt::host {

/// A limit as this process has it now (getrlimit(2)).
struct CurrentLimit {
    int resource = 0;  ///< RLIMIT_*
    std::uint64_t hard = 0;
};

/// The id mappings of a user namespace as seen from here: the text of its uid_map and gid_map (user_namespaces(7)).
struct UserNamespaceMaps {
    std::string uid_map;
    std::string gid_map;
    bool groups_denied = false;  ///< setgroups(2) is forbidden in it
    std::uint64_t inode = 0;     ///< by which it is told from others
};

/// What planning has to know of this machine and of the caller: a value, taken once.
struct Facts {
    uid_t uid = 0;  ///< effective, as the own user namespace counts
    gid_t gid = 0;
    std::uint64_t capabilities = 0;        ///< effective set, bit n is capability n (capabilities(7))
    std::uint64_t bounding = 0;            ///< bounding set
    std::uint64_t known_capabilities = 0;  ///< those the kernel has
    bool initial_user_namespace = true;
    CallerDescriptors descriptors;
    std::uint32_t seccomp_flags = 0;                           ///< host::seccomp_flags(), when the config has a filter
    SecurityModules security_modules;                          ///< asked for a label only
    std::optional<std::string> possible_memory_nodes;          ///< "0-3"; taken for a memory policy only
    std::map<NamespaceType, NamespaceOwner> namespace_owners;  ///< of those that the config joins by path
    /// Of the caller's own namespaces of these types; taken outside of the initial user namespace only.
    std::map<NamespaceType, NamespaceOwner> own_namespace_owners;
    std::map<NamespaceType, std::string> paths_to_own;    ///< paths of the config that name the caller's own namespace
    std::optional<UserNamespaceMaps> own_user_namespace;  ///< when it is not the initial one
    std::optional<UserNamespaceMaps> joined_user_namespace;  ///< of the user namespace the config joins by path
    std::optional<SubordinateIds> subordinate_ids;  ///< taken for a new user namespace of who may not map any id
    std::optional<std::string> resctrl;  ///< where it is mounted; looked for only when the config asks for it

    bool has_capability(unsigned capability) const noexcept { return (capabilities >> capability & 1U) != 0; }
};

/// Takes the facts of the calling process; descriptors, seccomp_flags and what is joined are left for the caller.
/// \throws Error
Facts take_facts(const os::Procfs& procfs);

/// The NUMA nodes that this machine has or may get, as a list ("0-3"); empty where sysfs does not tell.
std::optional<std::string> possible_memory_nodes();

/// The mappings of the user namespace that a process is in. \throws Error
UserNamespaceMaps maps_of_process(const os::Procfs& procfs, const std::string& process);

/// Reads the mappings of a user namespace by a short-lived child that joins it: a descriptor alone does not tell them.
/// \throws Error: it may not be joined
UserNamespaceMaps read_user_namespace(const os::Procfs& procfs, int user_namespace, const std::string& path);

}  // namespace rt::host
