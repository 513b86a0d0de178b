#pragma once

#include <optional>
#include <vector>

#include "rt/host/cgroup_layout.hpp"
#include "rt/plan/device_list.hpp"
#include "rt/plan/device_rules.hpp"
#include "rt/spec/resources.hpp"

namespace rt::plan {

/// The device rules that a running container gets in place of those that it has: one of the two.
struct DeviceUpdate {
    std::optional<DeviceList> list;                  ///< v1: for the hierarchy with the devices controller
    std::optional<std::vector<DeviceRule>> program;  ///< v2
};

/// What an update does to the device rules. Nothing when the list is empty, or is the one rule that denies everything: engines
/// send that along with other limits, and do not mean that the container loses its devices. Pure.
/// \throws Error with the pointer: a wrong rule; rt may not set any, as root of a user namespace
std::optional<DeviceUpdate> plan_device_update(const std::vector<spec::DeviceRule>& listed,
                                               const host::CgroupLayout& layout);

}  // namespace rt::plan
