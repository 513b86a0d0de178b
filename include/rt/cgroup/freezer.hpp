#pragma once

#include <string>
#include <vector>

namespace rt::cgroup {

// These work on the directories of a container's cgroup as its record names them (processes.hpp says more).

/// Whether the processes of the cgroup are frozen, or about to be: by v1's freezer or by v2. Needs no privileges; false
/// where it cannot be told.
bool is_frozen(const std::vector<std::string>& directories);

/// Freezes every process of the cgroup and waits until they are, at most ten seconds; thaws them again when that fails.
/// \throws Error: no cgroup, no freezer, a process that cannot be frozen
void freeze(const std::vector<std::string>& directories);

/// Thaws them, whoever froze them. \throws Error
void thaw(const std::vector<std::string>& directories);

}  // namespace rt::cgroup
