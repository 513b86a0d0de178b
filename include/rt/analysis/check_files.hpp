#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/plan/plan.hpp"

namespace rt::analysis {

/// Everything about the files of a container that would stop it, or that its program could not use: the rootfs and who must
/// reach it, the sources and destinations of mounts, devices, the working directory, the program. Nothing is opened for
/// writing. \throws Error: the rootfs itself cannot be looked at
Findings check_files(const plan::Plan& plan);

/// Why the program of the plan may not be executed; empty when its files do not tell. For a refusal by execve(2).
std::optional<Finding> explain_program(const plan::Plan& plan, const std::string& path);

}  // namespace rt::analysis
