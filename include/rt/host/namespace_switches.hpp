#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rt::host {

/// What stands behind a refusal, and what to do about it; all may be empty.
struct NamespaceRefusal {
    std::string object;  ///< the switch, as a path below /proc/sys
    std::string reason;
    std::string hint;
};

/// Why the kernel refused new namespaces with that errno, by the switches and limits below `proc`, a descriptor of /proc.
/// `flags`: CLONE_NEW* (clone(2), namespaces(7), user_namespaces(7)).
NamespaceRefusal explain_refused_namespaces(int proc, std::uint64_t flags, int code);

/// The same before anything was refused: the switches that forbid such namespaces now. `privileged`: with CAP_SYS_ADMIN.
std::vector<NamespaceRefusal> obstacles_to_namespaces(int proc, std::uint64_t flags, bool privileged);

/// What to do when something was refused inside a user namespace that AppArmor has taken all capabilities from, as
/// kernel.apparmor_restrict_unprivileged_userns says; empty when it is off or absent.
std::string hint_for_restricted_user_namespace(int proc);

}  // namespace rt::host
