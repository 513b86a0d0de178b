#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::spec {

/// A condition on one argument of a system call.
struct SeccompArgument {
    std::uint32_t index = 0;  ///< 0 to 5
    std::uint64_t value = 0;
    std::uint64_t value_two = 0;  ///< the value to compare with, when the operator takes a mask
    std::string op;               ///< "SCMP_CMP_EQ"; not checked by the reader
};

/// What happens to the named system calls when all conditions hold.
struct SeccompRule {
    std::vector<std::string> names;  ///< at least one
    std::string action;              ///< "SCMP_ACT_ERRNO"; not checked by the reader
    std::optional<std::uint32_t> errno_ret;
    std::vector<SeccompArgument> args;
};

/// The system call filter (config-linux.md "Seccomp"). The words are unchecked.
struct Seccomp {
    std::string default_action;
    std::optional<std::uint32_t> default_errno_ret;
    std::vector<std::string> architectures;         ///< "SCMP_ARCH_X86"
    std::optional<std::vector<std::string>> flags;  ///< "SECCOMP_FILTER_FLAG_LOG"; absent is not the same as empty
    std::string listener_path;                      ///< empty when not given
    std::string listener_metadata;                  ///< empty when not given
    std::vector<SeccompRule> syscalls;
};

}  // namespace rt::spec
