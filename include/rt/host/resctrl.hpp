#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/os/mountinfo.hpp"
#include "rt/os/procfs.hpp"

namespace rt::host {

/// Where the root of the resctrl file system can be reached among the mounts; empty when nowhere. Pure.
std::optional<std::string> resctrl_root(const std::vector<os::MountInfo>& mounts);

/// The same for this process's mounts. \throws Error: /proc cannot be read
std::optional<std::string> resctrl_root(const os::Procfs& procfs);

}  // namespace rt::host
