#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt::plan {

/// The value of a variable of the environment; empty when it is not set.
std::string value_of(const std::vector<std::string>& env, std::string_view name);

/// Where a program is looked for whose name has no slash: $PATH, or what execvp(3) has instead.
std::string search_path(const std::vector<std::string>& env);

/// The paths to try, in this order; an empty directory of the search path is the working directory.
std::vector<std::string> places_of_program(const std::string& name, const std::string& search_path);

}  // namespace rt::plan
