#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/os/process.hpp"

namespace rt::os {

/// What another program printed on its standard output, and how it ended.
struct CommandOutput {
    std::string text;
    ExitStatus status;
};

/// Runs a program by its absolute path, with the own environment and standard error. Empty when the file cannot be
/// executed. \throws Error
std::optional<CommandOutput> try_run(const std::string& path, const std::vector<std::string>& arguments);

}  // namespace rt::os
