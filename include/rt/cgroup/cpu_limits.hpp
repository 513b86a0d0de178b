#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::cgroup {

/// What a cgroup may have of the CPUs; what its kernel does not limit is absent.
struct CpuLimits {
    std::optional<std::uint64_t> quota;   ///< microseconds in each period; absent: no limit
    std::optional<std::uint64_t> period;  ///< microseconds
    std::optional<std::uint64_t> shares;  ///< v1: against other cgroups, 1024 is the default
    std::optional<std::uint64_t> weight;  ///< v2: likewise, 100 is the default
};

/// From whichever of a container's directories has them. \throws Error: one is none of a cgroup
CpuLimits read_cpu_limits(const std::vector<std::string>& directories);

}  // namespace rt::cgroup
