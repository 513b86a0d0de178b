#pragma once

#include "rt/cli/command.hpp"

namespace rt::cli {

/// The value of --preserve-fds; 0 when it is not given. \throws Error: it is no number
unsigned preserved_descriptors(const Arguments& arguments);

}  // namespace rt::cli
