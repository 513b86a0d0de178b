#pragma once

#include <string>

#include "rt/cgroup/directory.hpp"

namespace rt::cgroup {

/// Lets the cgroups directly beneath this one of v2 have every controller that it has itself (cgroup.subtree_control). What
/// is enabled already is not written again: a needless write makes the kernel wait for dying cgroups. A refusal is no error
/// here: missing_controller() explains it to whoever needed the controller.
void enable_controllers(const Directory& directory);

/// Whether enable_controllers() would change nothing.
bool passes_all_on(const Directory& directory);

/// Why the cgroup at `path` of the v2 hierarchy mounted at `mount_point` has no files of the controller: the level of the
/// tree that lacks it, who owns that, and which processes are in the way. `hint` gets what to do.
std::string missing_controller(const std::string& mount_point, const std::string& path, const std::string& controller,
                               std::string& hint);

}  // namespace rt::cgroup
