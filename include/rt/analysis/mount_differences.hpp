#pragma once

#include <vector>

#include "rt/analysis/explanation.hpp"
#include "rt/spec/spec.hpp"

namespace rt::analysis {

/// What is mounted otherwise than the config says: its mounts, the root, masked and read-only paths, and what it does not name.
std::vector<Difference> mount_differences(const spec::Spec& spec, const std::vector<os::MountInfo>& mounts,
                                          const std::map<std::string, PathInside>& paths);

}  // namespace rt::analysis
