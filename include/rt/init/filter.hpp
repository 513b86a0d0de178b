#pragma once

#include <functional>
#include <string>

#include "rt/base/error.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/seccomp.hpp"
#include "rt/seccomp/program.hpp"

namespace rt::init {

/// What a process is born with for the system call filter of its program.
struct Filter {
    seccomp::Program program;  ///< empty: no filter
    os::UniqueFd agent;        ///< the connection to the seccomp agent; empty when nothing notifies
};

/// Puts the calling process under the filter. Only execve(2) may follow, or, when that fails, a message about it: memory for
/// one is at hand then. The agent gets `state_text` with the listener; `give_up` is called, in another thread, when it does
/// not take them, and must end the process. \throws Error: nothing is loaded then
void enter_filter(const plan::Seccomp& plan, Filter filter, const std::string& state_text,
                  const std::function<void(Failure)>& give_up);

}  // namespace rt::init
