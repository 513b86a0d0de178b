#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/analysis/finding.hpp"
#include "rt/analysis/inside.hpp"
#include "rt/plan/process.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::analysis {

/// What would refuse execve(2) of the program at `path` to the user: a directory on the way, the file, its interpreter, the
/// mount. `object` of the finding is the program.
std::optional<Finding> check_program(const Inside& inside, const std::string& path, const plan::FileUser& user,
                                     const plan::UserMappings& mappings);

/// The same for the program of the process, which is looked for in PATH when it has no slash (execvp(3)).
std::optional<Finding> check_process_program(const Inside& inside, const plan::Process& process,
                                             const plan::FileUser& user, const plan::UserMappings& mappings);

}  // namespace rt::analysis
