#pragma once

#include <vector>

#include "rt/os/signals.hpp"

namespace rt::container {

/// The signals that end the work of rt: INT, TERM, HUP, QUIT.
std::vector<int> ending_signals();

/// Gives up when one of them has arrived; forgets another one. \throws Error of kind interrupted
void give_up_on_signal(os::HeldSignals& signals);

/// Waits until the peer at the socket has something to say, or has ended. \throws Error as give_up_on_signal() does
void wait_for_peer(int socket, os::HeldSignals& signals);
/// The same for at most so many milliseconds (-1: any number); false when it has said nothing yet, because the time is over or
/// a signal arrived that does not end the work.
bool wait_for_peer(int socket, os::HeldSignals& signals, int milliseconds);

}  // namespace rt::container
