#pragma once

#include "rt/plan/plan.hpp"

namespace rt::init {

/// Makes the time namespace of the container, when it gets a new one, sets its clocks and enters it. Called while init may
/// still be inspected and has the ids it was born with: the kernel then lets it write to its own /proc files (proc(5)).
/// \throws Error: it may not be made; a clock would go out of its range
void make_time_namespace(const plan::Plan& plan);

}  // namespace rt::init
