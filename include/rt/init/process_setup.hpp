#pragma once

#include <string>

#include "rt/plan/plan.hpp"

namespace rt::init {

/// Gives the calling process everything that the program finds set: working directory, umask, limits, ids, capabilities,
/// no_new_privs, HOME. Returns the path of the program. \throws Error
std::string set_up_process(plan::Process& process, const plan::UserMappings& mappings);

}  // namespace rt::init
