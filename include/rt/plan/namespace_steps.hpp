#pragma once

#include <cstdint>
#include <vector>

#include "rt/plan/namespaces.hpp"

namespace rt::plan {

/// Who enters which namespace, and when: the kernel gives a new namespace to the user namespace its maker is in, lets a
/// pid namespace be entered by a child only, and lets nobody come back from a user namespace.
struct NamespaceSteps {
    /// Joined by the runtime around the clone, and left again: a namespace of the host that the container's own user
    /// namespace has no right to join.
    std::vector<NamespaceType> visited;
    /// Joined by the process before init instead, which need not come home: a user namespace inside another one has no power
    /// over the namespaces that it was made in.
    std::vector<NamespaceType> joined_before_init;
    std::uint64_t clone_flags = 0;  ///< CLONE_NEW* of the clone of init (or of the process before it)
    /// Joined by init after its ids are mapped: a user namespace first, a mount namespace last.
    std::vector<NamespaceType> joined_by_init;
    /// The process that was cloned joins namespaces first, and then clones init proper: a new pid namespace belongs to the
    /// joined user namespace only when it is made inside it, and a joined one is entered by children only.
    bool second_clone = false;
    std::uint64_t second_clone_flags = 0;
    /// Made by init inside its user namespace. cgroup and time always: the first is rooted at the cgroup that init has
    /// at that moment, the offsets of the second must be written before anyone is in it.
    std::uint64_t unshared_by_init = 0;
};

/// \throws Error: a namespace that neither the runtime nor init may join, and who owns it
NamespaceSteps plan_namespace_steps(const Namespaces& namespaces, const host::Facts& facts);

}  // namespace rt::plan
