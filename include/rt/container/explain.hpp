#pragma once

#include <string>

#include "rt/analysis/explanation.hpp"
#include "rt/container/roots.hpp"

namespace rt::container {

/// What a container that runs, or waits for start, has, and what of it is not as the config.json says that it was made of.
/// \throws Error: not running, or the caller may not look at it
analysis::Explanation explain(const Roots& roots, const std::string& id);

}  // namespace rt::container
