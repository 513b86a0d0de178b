#pragma once

#include <linux/mempolicy.h>

#include <array>
#include <optional>
#include <string>

#include "rt/base/named.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/number_list.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

inline constexpr int weighted_interleave = 6;  ///< MPOL_WEIGHTED_INTERLEAVE, Linux 6.9: newer than some headers

inline constexpr auto memory_policy_modes = std::to_array<Named<int>>({
    {"MPOL_DEFAULT", MPOL_DEFAULT},
    {"MPOL_BIND", MPOL_BIND},
    {"MPOL_INTERLEAVE", MPOL_INTERLEAVE},
    {"MPOL_WEIGHTED_INTERLEAVE", weighted_interleave},
    {"MPOL_PREFERRED", MPOL_PREFERRED},
    {"MPOL_PREFERRED_MANY", MPOL_PREFERRED_MANY},
    {"MPOL_LOCAL", MPOL_LOCAL},
});

inline constexpr auto memory_policy_flags = std::to_array<Named<int>>({
    {"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
    {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
    {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
});

/// What set_mempolicy(2) is asked for.
struct MemoryPolicy {
    int mode = MPOL_DEFAULT;  ///< MPOL_* with its MPOL_F_*
    NumberSet nodes;
    std::string description;  ///< for messages: "MPOL_BIND of nodes 0-1"
};

/// \throws Error with the pointer: an unknown word, nodes that the mode does not take or that this machine cannot have
MemoryPolicy plan_memory_policy(const spec::MemoryPolicy& policy, const host::Facts& facts);

}  // namespace rt::plan
