#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "rt/plan/cgroup.hpp"
#include "rt/plan/device_update.hpp"
#include "rt/plan/resources.hpp"

namespace rt::cgroup {

/// Writes the settings of a plan into the container's directories. Values that the kernel takes only in a certain order (a
/// limit of memory and one of memory and swap) are tried again after the others.
/// \throws Error with the pointer of the value and why the kernel, or the level of the tree above, does not allow it
void apply(const plan::CgroupResources& resources, const std::vector<plan::CgroupDirectory>& directories);

/// The same for a cgroup in use, and its device rules: when a value is refused, those that were written before get their old
/// values again. `confirm` is called when all are written: what it throws takes the limits back, and should it change values
/// itself (systemd does, to what it has rounded), they are written again.
/// \throws Error as apply() and update_devices() do, or: the new limit of memory is below the usage and the plan refuses that
void update(const plan::CgroupResources& resources, const std::optional<plan::DeviceUpdate>& devices,
            const std::vector<plan::CgroupDirectory>& directories, const std::function<void()>& confirm = {});

}  // namespace rt::cgroup
