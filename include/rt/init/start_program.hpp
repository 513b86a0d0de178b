#pragma once

#include <string>

#include "rt/init/filter.hpp"
#include "rt/plan/process.hpp"

namespace rt::init {

/// A process that has everything set but what is set last.
struct ReadyProcess {
    const plan::Process& process;  ///< with what set_up_process() added
    const plan::UserMappings& mappings;
    const std::string& program;  ///< its path
    Filter filter;
    std::string agent_text;  ///< for the seccomp agent; may be empty when nothing notifies
    int channel = -1;        ///< where a failure is told once the filter forbids exceptions
};

/// Sets the signals, the limit of open files and the system call filter, and replaces the calling process by the program.
/// \throws Error: nothing was loaded then
[[noreturn]] void start_program(ReadyProcess ready);

}  // namespace rt::init
