#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/roots.hpp"

namespace rt::container {

/// Everything that would stop `run` with these options, the worst first; nothing is started, and nothing stays of what is
/// tried. `options.id` need not be that of a container to come. \throws Error: /proc cannot be read
analysis::Findings check(const Roots& roots, const CreateOptions& options);

}  // namespace rt::container
