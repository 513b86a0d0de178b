#pragma once

#include <termios.h>

namespace rt::os {

/// Puts the input of a terminal into raw mode and restores it at the end, whatever happens in between. Output is still
/// processed: the terminal of the container sends a bare "\n", and each line has to start at the left.
class RawTerminal {
public:
    /// Does nothing when `fd` is no terminal.
    explicit RawTerminal(int fd) noexcept;
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal();

private:
    int fd_;
    bool changed_ = false;
    termios before_{};
};

/// Gives `to` the window size of `from`, when that is a terminal.
void copy_window_size(int from, int to) noexcept;

/// Makes the terminal the controlling one of this session (TIOCSCTTY) and standard input, output and error.
/// \throws Error
void become_controlling_terminal(int terminal);

}  // namespace rt::os
