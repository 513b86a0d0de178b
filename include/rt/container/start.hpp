#pragma once

namespace rt::container {

/// The name of the socket in the state directory on which init of a created container waits.
inline constexpr const char* start_socket = "start";

/// Waits until init has been replaced by the program. \throws Error: init's failure
void await_execution(int socket);

}  // namespace rt::container
