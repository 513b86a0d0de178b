#pragma once

#include <string>
#include <vector>

#include "rt/hooks/program.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/plan.hpp"

namespace rt::init {

/// Runs the createContainer hooks as children of the calling process, with the rights that it has now. `programs`: one
/// descriptor per hook, opened by the runtime. \throws Error of kind hook
void run_create_container_hooks(const plan::Plan& plan, const std::vector<os::UniqueFd>& programs,
                                const hooks::Place& place);

/// Runs the startContainer hooks: their files are the container's own, so they get no more rights than its process, which
/// the calling one is about to become. `env`: of that process. `starter`: whose end is the end of the start.
/// \throws Error of kind hook
void run_start_container_hooks(const plan::Plan& plan, const std::vector<std::string>& env, int starter);

}  // namespace rt::init
