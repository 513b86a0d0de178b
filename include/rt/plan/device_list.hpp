#pragma once

#include <string>
#include <vector>

#include "rt/plan/device_rules.hpp"

namespace rt::plan {

/// The rules as the v1 devices controller holds them: a default and its exceptions, without order
/// (Documentation/admin-guide/cgroup-v1/devices.rst). Set by writing "a" to devices.deny (or devices.allow), then each
/// exception to the other file.
struct DeviceList {
    bool allow = false;                   ///< the default; the exceptions are the opposite
    std::vector<std::string> exceptions;  ///< lines: "c 1:3 rwm"

    bool operator==(const DeviceList&) const = default;
};

/// The list that means the same as the rules. Pure.
/// \throws Error: a rule takes a part out of what an earlier one says, which the list has no line for
DeviceList plan_device_list(const std::vector<DeviceRule>& rules);

}  // namespace rt::plan
