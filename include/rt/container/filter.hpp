#pragma once

#include <string>

#include "rt/init/filter.hpp"
#include "rt/plan/process.hpp"

namespace rt::container {

/// Compiles the system call filter of the process, or recalls it from the cache in that state directory, and connects to its
/// seccomp agent, with the caller's rights; nothing without a filter. \throws Error
init::Filter make_filter(const plan::Process& process, const std::string& state_root);

}  // namespace rt::container
