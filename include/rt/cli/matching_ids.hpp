#pragma once

#include <string>
#include <vector>

#include "rt/container/roots.hpp"

namespace rt::cli {

/// The ids of the caller's containers that one of the extended regular expressions is found in, sorted; none is no error.
/// \throws Error: an expression is wrong
std::vector<std::string> matching_ids(const container::Roots& roots, const std::vector<std::string>& expressions);

}  // namespace rt::cli
