#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "rt/os/procfs.hpp"

namespace rt::os {

/// The command line of a process in one line that can be printed; where it has none, its name in brackets as `stat`, the text of
/// /proc/PID/stat, has it.
std::string command_line(const Procfs& procfs, pid_t pid, std::string_view stat);

}  // namespace rt::os
