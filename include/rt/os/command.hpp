#pragma once

#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "rt/os/process.hpp"

namespace rt::os {

/// What another program printed, and how it ended.
struct CommandOutput {
    std::string text;
    ExitStatus status;
};

/// Runs a program by its absolute path, with the own environment, and reads what it writes to the stream: its standard output,
/// or STDERR_FILENO. The other streams are the own ones. Empty when the file cannot be executed. \throws Error
std::optional<CommandOutput> try_run(const std::string& path, const std::vector<std::string>& arguments,
                                     int stream = STDOUT_FILENO);

}  // namespace rt::os
