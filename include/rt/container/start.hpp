#pragma once

#include "rt/init/line.hpp"

namespace rt::container {

/// The name of the socket in the state directory on which init of a created container waits.
inline constexpr const char* start_socket = "start";

/// Waits until init has been replaced by the program. \throws Error: init's failure, an interruption
void await_execution(const init::Line& line);

}  // namespace rt::container
