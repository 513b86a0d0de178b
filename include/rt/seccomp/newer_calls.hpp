#pragma once

#include <cstdint>
#include <vector>

#include "rt/plan/seccomp.hpp"
#include "rt/seccomp/program.hpp"

namespace rt::seccomp {

/// What one system call interface (AUDIT_ARCH_*) has that a profile cannot have known: every number above `newest`, but those
/// from `end` on, and those of a block whose numbers were given once and for all.
struct NewerCalls {
    std::uint32_t audit_arch = 0;
    std::uint32_t newest = 0;  ///< the highest number that the profile names
    std::uint32_t end = 0;     ///< 0: there is none
    std::uint32_t fixed_first = 0;
    std::uint32_t fixed_last = 0;  ///< 0: there is no such block
};

/// The ages of the profile: one entry for each architecture on which it names a call that libseccomp knows.
std::vector<NewerCalls> find_newer_calls(const plan::Seccomp& plan);

/// A program that returns ENOSYS for those calls and runs on into what is put behind it for all others.
Program answer_newer_calls(const std::vector<NewerCalls>& interfaces);

}  // namespace rt::seccomp
