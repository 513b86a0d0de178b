#pragma once

#include "rt/container/notify_proxy.hpp"
#include "rt/os/child.hpp"
#include "rt/os/signals.hpp"

namespace rt::container {

/// Stays with the process until it has ended: passes signals on, and connects the terminal whose master side is `console`
/// (-1: none) with standard input and output, which is restored whatever happens. What the program tells `notify` (nullptr:
/// none) goes to the service manager. The process is waited for before the last of its output is written: who does not read
/// that must not keep the container from ending. \throws Error
os::ExitStatus stay_in_foreground(os::Child& process, int console, os::HeldSignals& signals,
                                  NotifyProxy* notify = nullptr);

}  // namespace rt::container
