#pragma once

#include <string>

#include "rt/analysis/finding.hpp"
#include "rt/analysis/inside.hpp"
#include "rt/plan/plan.hpp"

namespace rt::analysis {

/// The sources and the destinations of all mounts, in their order; afterwards `inside` has them.
void check_mounts(Inside& inside, const plan::Plan& plan, Findings& findings);

/// Why root of the container cannot make a file in the directory; empty: it can.
std::string why_nothing_is_made_in(const InsideFile& directory, const plan::Rootfs& rootfs);

}  // namespace rt::analysis
