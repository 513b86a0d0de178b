#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace rt::host {

/// Which user namespace a namespace belongs to, as far as this process may know (ioctl_ns(2)).
struct NamespaceOwner {
    /// The inodes of the user namespace that owns it and of those above that one, up to this process's own; empty when the
    /// owner is not among the own one and those below it.
    std::vector<std::uint64_t> user_namespaces;
    uid_t uid = 0;  ///< who made the first of these

    /// Whether root of that user namespace has power over it.
    bool is_below(std::uint64_t user_namespace) const noexcept;
    bool known() const noexcept { return !user_namespaces.empty(); }
};

/// The owner of a namespace of any type but user. `own`: the inode of the own user namespace, where the look upwards ends.
NamespaceOwner read_namespace_owner(int name_space, std::uint64_t own);

}  // namespace rt::host
