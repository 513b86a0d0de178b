#pragma once

#include <vector>

#include "rt/host/cgroup_layout.hpp"
#include "rt/plan/cgroup.hpp"
#include "rt/state/record.hpp"

namespace rt::container {

/// The cgroups of a container as its record names them, each with the hierarchy that it is in; without those of hierarchies that are
/// not mounted any more.
std::vector<plan::CgroupDirectory> recorded_cgroups(const state::Record& record, const host::CgroupLayout& layout);

}  // namespace rt::container
