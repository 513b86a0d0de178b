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

/// What keeps the process from its working directory. \param builder makes it when it is missing
std::optional<Finding> check_working_directory(const Inside& inside, const plan::Process& process,
                                               const plan::FileUser& builder, const plan::FileUser& user,
                                               const plan::Rootfs& rootfs);

/// "mode 0700, owner on the host 1000:1000" (plan::describe_owner())
std::string describe(const InsideFile& file);

/// "host uid 100000 (root of the container)"
std::string describe(const plan::FileUser& user);

}  // namespace rt::analysis
