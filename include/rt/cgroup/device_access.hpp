#pragma once

#include <vector>

#include "rt/cgroup/directory.hpp"
#include "rt/plan/cgroup.hpp"
#include "rt/plan/device_update.hpp"

namespace rt::cgroup {

/// Sets the rules of a v1 cgroup that holds no process yet. \throws Error
void set_device_list(const Directory& directory, const plan::DeviceList& list);

/// Attaches the program for the rules to a v2 cgroup, in place of the one that rt attached before, if any: at no moment is
/// there none, or both. Programs of others stay. `fresh`: nothing was attached before. \throws Error
void attach_device_program(int directory, const std::vector<plan::DeviceRule>& rules, bool fresh,
                           const std::string& path);

/// Changes the rules of a container that runs: what it may use before and after it may use all the time. A refusal leaves the
/// old rules. \throws Error: it has no cgroup for that, or the kernel refuses
void update_devices(const plan::DeviceUpdate& update, const std::vector<plan::CgroupDirectory>& directories);

}  // namespace rt::cgroup
