#pragma once

#include <span>
#include <string>
#include <vector>

#include "rt/cli/command.hpp"

namespace rt::cli {

/// A command line, taken apart.
struct CommandLine {
    Arguments global;
    const Command* command = nullptr;  ///< null: none was given
    Arguments arguments;
};

/// Options stand before or after the words, as `--name value`, `--name=value`, `-n value`, `-nvalue`; `--` ends them.
/// Global ones stand before the command. `words` is argv without the program. The number of words is checked unless help
/// is asked for. `line` is filled as far as it was understood. \throws Error that names the nearest command or option
void parse(const std::vector<std::string>& words, CommandLine& line);

/// The name among `names` that was probably meant; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string_view>& names);

}  // namespace rt::cli
