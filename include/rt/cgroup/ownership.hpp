#pragma once

#include <cstdint>

#include "rt/cgroup/directory.hpp"

namespace rt::cgroup {

/// Hands a cgroup of v2 over: the directory and those of its files that the kernel names for that purpose
/// (/sys/kernel/cgroup/delegate, cgroups(7); config-linux.md "Cgroup ownership"). A file that is missing is no error.
/// \throws Error
void hand_over(const Directory& directory, std::uint32_t uid);

}  // namespace rt::cgroup
