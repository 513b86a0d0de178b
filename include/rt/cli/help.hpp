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
/// The version of the libseccomp that is built in: "2.5.4".
std::string libseccomp_version();

/// Writes to standard output. \throws Error: nobody takes it
void print(const std::string& text);

}  // namespace rt::cli
