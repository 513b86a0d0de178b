#pragma once

#include "rt/analysis/process_ids.hpp"
#include "rt/spec/linux.hpp"

#undef linux  // the GNU dialects of C++ define it to 1

namespace rt::analysis {

/// The mappings that a container of this configuration has: its own, or those of the user namespace that it joins.
/// \throws Error: mappings that the kernel would not take, a namespace that may not be looked at
ProcessMappings mappings_of_config(const spec::Linux& section);

}  // namespace rt::analysis
