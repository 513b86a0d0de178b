#pragma once

#include "rt/plan/seccomp.hpp"
#include "rt/seccomp/program.hpp"

namespace rt::seccomp {

/// Compiles the filter. A pure function of the plan, of libseccomp and of its API level, and a slow one (some 20 ms for an
/// engine's profile). System calls that this libseccomp does not know are left out, with a debug line.
///
/// When the default action is an errno, system calls newer than the newest one that the profile names get ENOSYS instead: a
/// C library that tries a new call falls back to an older one on ENOSYS only, and no profile can name what did not exist.
///
/// A call by an architecture that the plan does not list ends the process (SECCOMP_RET_KILL_PROCESS).
/// \throws Error: rules that contradict each other, a program that is longer than the kernel takes
Program compile(const plan::Seccomp& plan);

}  // namespace rt::seccomp
