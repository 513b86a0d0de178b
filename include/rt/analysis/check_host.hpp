#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/plan.hpp"

namespace rt::analysis {

/// Switches of this kernel, and what else of the host the plan counts on: namespaces that may not be made, file systems and
/// AppArmor profiles that the kernel does not have, hooks, the seccomp agent.
Findings check_host(const plan::Plan& plan, const host::Facts& facts);

}  // namespace rt::analysis
