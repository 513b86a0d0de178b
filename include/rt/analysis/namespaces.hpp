#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/host/namespaces.hpp"
#include "rt/spec/id_mapping.hpp"

namespace rt::analysis {

/// A container that runs, by what tells its processes.
struct RunningContainer {
    std::string id;
    std::vector<pid_t> processes;     ///< those that are known; at least its init
    std::uint64_t pid_namespace = 0;  ///< inode of its own; 0: it shares that of others
};

/// A namespace, and what rt knows of it.
struct NamespaceEntry {
    host::Namespace facts;
    std::optional<uid_t> owner_uid;        ///< of it, or of the user namespace that owns it
    std::vector<std::string> containers;   ///< whose processes are in it, when the caller of rt is not
    std::vector<spec::IdMapping> uid_map;  ///< of a user namespace; empty: unknown, or not written yet
    std::vector<spec::IdMapping> gid_map;
};

struct NamespaceReport {
    std::vector<NamespaceEntry> entries;  ///< sorted by type and inode
    std::size_t processes = 0;
    std::size_t hidden = 0;
};

/// Joins what the kernel and what rt knows.
NamespaceReport report_namespaces(const host::Namespaces& namespaces, const std::vector<RunningContainer>& containers);

/// Leaves those of the type.
void keep_type(NamespaceReport& report, NamespaceType type);

/// Leaves those that a process of the container is in, which are named as its own then even when the caller of rt is in them too;
/// with `relatives` also the user namespaces above, and those below its own.
void keep_container(NamespaceReport& report, const RunningContainer& container, bool relatives);

}  // namespace rt::analysis
