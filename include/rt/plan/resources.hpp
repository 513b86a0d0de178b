#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/host/cgroup_layout.hpp"
#include "rt/spec/resources.hpp"

namespace rt::plan {

/// A control file of a cgroup and what is written to it.
struct CgroupFile {
    std::string name;   ///< "memory.max"
    std::string value;  ///< one write(2)

    bool operator==(const CgroupFile&) const = default;
};

/// One value that the container's cgroup gets.
struct CgroupSetting {
    std::string place;       ///< JSON pointer, for messages
    std::string controller;  ///< "memory"; "cgroup" for the core files of v2
    bool unified = false;    ///< in the v2 hierarchy; else in the v1 one that has the controller
    /// Which file it is depends on the kernel: the first that exists is written.
    std::vector<CgroupFile> choices;
    bool may_be_missing = false;  ///< none of the files is no error
    /// cpu.max of v2 holds quota and period: the quota that it has now is put before the value.
    bool keeps_quota = false;
};

/// What the cgroup of a container is set to besides devices, in the order of writing.
struct CgroupResources {
    std::vector<CgroupSetting> settings;
    /// memory.checkBeforeUpdate: a limit below the current usage is refused instead of written.
    std::optional<std::uint64_t> refused_below_usage;

    bool empty() const noexcept { return settings.empty(); }
};

/// Checks the values and translates them for the hierarchies of this machine: as they are for v1, converted for v2 where
/// config-linux.md allows it. What is not set stays as it is; so does 0 where the kernel knows no 0, as engines write it for
/// "unchanged". Pure. \throws Error with the pointer: a value out of range, a controller that is missing, a value of v1 that
/// v2 has no counterpart for
CgroupResources plan_resources(const spec::Resources& resources, const host::CgroupLayout& layout);

/// cpu.weight of v2 (1 to 10000) for cpu.shares of v1 (2 to 262144): a curve through the minimum, the default (1024 is 100)
/// and the maximum of both, as runc and crun have it.
std::uint64_t weight_of_shares(std::uint64_t shares) noexcept;

/// io.weight of v2 (1 to 10000) for blkio.weight of v1 (10 to 1000), linear.
std::uint64_t io_weight_of(std::uint16_t weight) noexcept;

}  // namespace rt::plan
