#pragma once

#include <vector>

#include "rt/base/error.hpp"
#include "rt/plan/cgroup.hpp"

namespace rt::cgroup {

/// What Cgroup::create() would be refused of limits and device rules, one failure for each. Only the kernel knows: it is asked with
/// an empty cgroup next to where the container's would be made, which is gone again afterwards. Where that would change other
/// cgroups (v2, controllers that are not passed on yet) nothing is tried. \throws Error: a directory cannot be looked at
std::vector<Failure> try_limits(const plan::Cgroup& plan);

}  // namespace rt::cgroup
