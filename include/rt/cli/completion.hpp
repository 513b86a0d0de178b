#pragma once

#include <string>

namespace rt::cli {

/// The script with which a shell completes the command line of rt, made of the tables of commands and options.
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace rt::cli
