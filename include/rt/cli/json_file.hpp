#pragma once

#include <string>

#include "rt/spec/document.hpp"

namespace rt::cli {

/// How messages call the file of an option: its path, or "standard input" for "-".
std::string name_of_file(const std::string& file);

/// Reads a JSON file that an option names; "-": standard input. \throws Error
spec::Document read_json_file(const std::string& file);

}  // namespace rt::cli
