#pragma once

#include "rt/container/notify_proxy.hpp"
#include "rt/os/signals.hpp"

namespace rt::container {

/// Stays with the container until its init has ended: passes signals on, and connects the terminal whose master side is
/// `console` (-1: none) with standard input and output, which is restored whatever happens. What the program tells `notify`
/// (nullptr: none) goes to the service manager. \throws Error
void stay_in_foreground(int pidfd, int console, os::HeldSignals& signals, NotifyProxy* notify = nullptr);

}  // namespace rt::container
