#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/analysis/inside.hpp"
#include "rt/plan/plan.hpp"

namespace rt::analysis {

/// The sources and the destinations of all mounts, in their order; afterwards `inside` has them.
void check_mounts(Inside& inside, const plan::Plan& plan, Findings& findings);

}  // namespace rt::analysis
