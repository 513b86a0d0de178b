#pragma once

#include <optional>

#include "rt/analysis/finding.hpp"
#include "rt/analysis/inside.hpp"
#include "rt/plan/process.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::analysis {

/// What keeps the process from its working directory, which root of the container makes when it is missing.
std::optional<Finding> check_working_directory(const Inside& inside, const plan::Process& process,
                                               const plan::Rootfs& rootfs);

}  // namespace rt::analysis
