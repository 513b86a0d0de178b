#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/os/procfs.hpp"

namespace rt::host {

/// A bind mount of a file of a namespace, which keeps the namespace when nobody is in it.
struct NamespaceMount {
    std::string path;                   ///< as seen in that mount namespace
    std::uint64_t mount_namespace = 0;  ///< its inode; 0: that of the calling process

    bool operator==(const NamespaceMount&) const = default;
};

/// One namespace of the machine, as far as the caller may look at it. Namespaces are named by their inodes; 0: none, or one that
/// the caller may not see.
struct Namespace {
    NamespaceType type{};
    std::uint64_t inode = 0;
    bool own = false;                  ///< the calling process is in it
    std::vector<pid_t> processes;      ///< which are in it, in the order of /proc
    pid_t oldest = 0;                  ///< of them the one that was started first
    std::string command;               ///< of the oldest
    std::uint64_t user_namespace = 0;  ///< which owns it; of a user namespace: its parent
    std::uint64_t parent = 0;          ///< of a user or pid namespace
    std::optional<uid_t> owner_uid;    ///< of a user namespace: who made it, as the caller's user namespace counts
    std::string uid_map;               ///< of a user namespace: as the caller reads /proc/PID/uid_map; empty: unknown
    std::string gid_map;
    std::vector<NamespaceMount> mounts;
};

struct Namespaces {
    std::vector<Namespace> all;  ///< sorted by type and inode
    std::size_t processes = 0;   ///< which were looked at
    std::size_t hidden = 0;      ///< of them those whose namespaces the caller may not see
};

/// All namespaces in which a process is, which a process has for its children, which a bind mount holds, or which own or contain
/// one of these (namespaces(7), ioctl_ns(2)). Processes that end meanwhile are no error, and neither is what may not be looked at.
Namespaces read_namespaces(const os::Procfs& procfs);

}  // namespace rt::host
