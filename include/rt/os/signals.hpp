#pragma once

#include <signal.h>

#include <vector>

#include "rt/os/fd.hpp"

namespace rt::os {

/// Blocks the signals and collects them in a descriptor (signalfd(2)); the mask of before comes back at the end.
class HeldSignals {
public:
    /// \throws Error
    explicit HeldSignals(const std::vector<int>& signals);
    HeldSignals(const HeldSignals&) = delete;
    HeldSignals& operator=(const HeldSignals&) = delete;
    ~HeldSignals();

    int fd() const noexcept { return fd_.get(); }
    /// The next signal that has arrived, or 0. What the caller has had ignored is left out: HUP, and the others when they come
    /// from the keyboard.
    int next() noexcept;
    /// Forgets what has arrived: it came too late to change anything.
    void forget() noexcept {
        while (next() != 0) {
        }
    }

private:
    sigset_t before_{};
    UniqueFd fd_;
};

/// Stops the process as `signal` does by default, though it may be blocked, until SIGCONT. Where nobody could continue it (an
/// orphaned process group), nothing happens.
void stop_by(int signal) noexcept;

/// All dispositions to their defaults and an empty mask, as a program expects them: ignored signals and the mask
/// survive execve(2).
void reset_signals() noexcept;

/// Ends the process with status 128 + n for each signal n that terminates by default: the kernel ignores those for pid 1
/// of a pid namespace unless they have a handler (pid_namespaces(7)). The mask becomes empty.
void end_on_signals() noexcept;

}  // namespace rt::os
