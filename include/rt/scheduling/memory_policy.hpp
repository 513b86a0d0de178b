#pragma once

#include "rt/plan/memory_policy.hpp"

namespace rt::scheduling {

/// Gives the calling process its NUMA memory policy (set_mempolicy(2)), which the program and its children inherit.
/// \throws Error that says which nodes the cpuset has
void set_memory_policy(const plan::MemoryPolicy& policy);

}  // namespace rt::scheduling
