#pragma once

#include <string>
#include <string_view>

#include "rt/plan/seccomp.hpp"
#include "rt/seccomp/program.hpp"

namespace rt::seccomp {

/// What compile() makes of the plan, kept in `<state_root>/.seccomp/` (0700) for the next container with the same filter. What
/// is there is only believed when the directories are the caller's own and nobody else may write them, and when everything
/// that the program depends on is the same, compared whole: the plan, the `build` of rt, libseccomp and the kernel.
/// At most 32 programs are kept. A cache that cannot be read or written costs time and nothing else.
/// \throws Error as compile() does
Program compile_or_recall(const plan::Seccomp& plan, const std::string& state_root, std::string_view build);

}  // namespace rt::seccomp
