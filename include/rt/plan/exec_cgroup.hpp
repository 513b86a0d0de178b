#pragma once

#include <string>
#include <vector>

#include "rt/host/cgroup_layout.hpp"

namespace rt::plan {

/// Where a further process of a container goes in one hierarchy.
struct ExecCgroup {
    std::string directory;  ///< absolute: the cgroup of the container
    std::string below;      ///< path from there; empty: that cgroup itself
    /// Where the process may not be in that cgroup (because init has divided it, or left it and it is gone) it goes to that
    /// of init: when nobody has asked for another one.
    bool follows_init = true;
};

/// Whether one of `[CONTROLLER[,CONTROLLER]:]PATH` names controllers, so that the layout has to be known.
bool uses_controllers(const std::vector<std::string>& words) noexcept;

/// The places in the directories of the container. A path is taken from the cgroup of the container, with or without a slash
/// before it; without controllers it is meant for every hierarchy; of two for one hierarchy the last one counts.
/// \throws Error: ".." in a path, a controller that the container has no v1 cgroup of
std::vector<ExecCgroup> plan_exec_cgroups(const std::vector<std::string>& directories,
                                          const std::vector<std::string>& words, const host::CgroupLayout& layout);

}  // namespace rt::plan
