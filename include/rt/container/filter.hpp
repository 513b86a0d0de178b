#pragma once

#include "rt/init/filter.hpp"
#include "rt/plan/process.hpp"

namespace rt::container {

/// Compiles the system call filter of the process and connects to its seccomp agent, with the caller's rights; nothing
/// without a filter. \throws Error
init::Filter make_filter(const plan::Process& process);

}  // namespace rt::container
