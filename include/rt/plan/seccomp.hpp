#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rt/plan/seccomp_names.hpp"
#include "rt/spec/seccomp.hpp"

namespace rt::plan {

/// A condition on one argument of a system call.
struct SeccompCondition {
    std::uint32_t index = 0;  ///< 0 to 5
    SeccompOperator op{};
    std::uint64_t value = 0;      ///< compared with; masked_equal: the mask
    std::uint64_t value_two = 0;  ///< masked_equal: what the masked argument must be
};

/// What happens to the named system calls when all conditions hold.
struct SeccompRule {
    std::size_t position = 0;        ///< in /linux/seccomp/syscalls, for messages
    std::vector<std::string> names;  ///< also those that this machine does not have
    std::uint32_t action = 0;        ///< SECCOMP_RET_* with its data
    std::vector<SeccompCondition> conditions;
};

/// The system call filter of a process.
struct Seccomp {
    std::uint32_t default_action = 0;                ///< SECCOMP_RET_* with its data
    std::vector<SeccompArchitecture> architectures;  ///< those that can run on this machine; its own is the first
    std::vector<SeccompRule> rules;                  ///< in listed order
    std::uint32_t flags = 0;                         ///< of seccomp(2), with SECCOMP_FILTER_FLAG_NEW_LISTENER
    /// The process may not load a filter by itself: it needs CAP_SYS_ADMIN until then, whatever the program is to have.
    bool needs_privilege = false;
    std::string listener_path;         ///< absolute; empty: no rule has the action SCMP_ACT_NOTIFY
    std::string listener_metadata;     ///< for the listener; may be empty
    std::vector<std::string> remarks;  ///< for the log: what has no effect, and why

    /// Whether a rule asks somebody outside what to do.
    bool notifies() const noexcept { return !listener_path.empty(); }
};

/// What the planning of a filter has to know besides the config.
struct SeccompCircumstances {
    std::uint32_t known_flags = 0;   ///< those of the kernel (host::seccomp_flags); 0: it has no filters
    bool no_new_privileges = false;  ///< of the process
    bool privileged = false;         ///< init holds CAP_SYS_ADMIN in its user namespace
};

/// \throws Error with the pointer: an unknown word, a number that an action does not take, a listener that is missing or
/// incomplete, what this kernel or the caller may not do
Seccomp plan_seccomp(const spec::Seccomp& seccomp, const SeccompCircumstances& circumstances);

}  // namespace rt::plan
