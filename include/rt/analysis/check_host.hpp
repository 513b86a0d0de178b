#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/plan.hpp"

namespace rt::analysis {

/// Switches and limits of this kernel by which the new namespaces of the plan may not be made.
Findings check_switches(const plan::Plan& plan, const host::Facts& facts);

/// What of the host the plan counts on: hooks, the seccomp agent, network devices, room for the arguments.
Findings check_host(const plan::Plan& plan);

}  // namespace rt::analysis
