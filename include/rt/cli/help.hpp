#pragma once

#include <string>

#include "rt/cli/command.hpp"

namespace rt::cli {

/// The text of `rt --help`.
std::string help_text();
/// The text of `rt COMMAND --help`.
std::string help_text(const Command& command);
/// The text of `rt --version`.
std::string version_text();

/// Writes to standard output. \throws Error: nobody takes it
void print(const std::string& text);

}  // namespace rt::cli
