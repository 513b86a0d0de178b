#pragma once

#include "rt/init/filter.hpp"
#include "rt/init/line.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/exec.hpp"

namespace rt::init {

/// What a further process of a running container is born with.
struct ExecTask {
    const plan::Exec* plan = nullptr;
    Sequence sequence;
    os::UniqueFd line;
    os::UniqueFd init;  ///< pidfd of the first process of the container
    os::UniqueFd root;  ///< the root directory of the container, when it has to be entered by itself
    Filter filter;
};

/// The whole life of that process up to execve(2). What goes wrong is sent to the runtime. Called in the process that
/// clone3(2) made; `second_clone` of the plan is made here.
[[noreturn]] void run(ExecTask task) noexcept;

/// The steps of such a process.
Sequence exec_sequence();

}  // namespace rt::init
