#pragma once

#include <termios.h>

namespace rt::os {

/// Puts the input of a terminal into raw mode and restores it at the end, whatever happens in between. Output is still
/// processed: the terminal of the container sends a bare "\n", and each line has to start at the left.
class RawTerminal {
public:
    /// Does nothing when `fd` is no terminal, and for now when it belongs to another process group: see take().
    explicit RawTerminal(int fd) noexcept;
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal();

    /// Whether another process group has the terminal, a shell's "rt run &": to read it or to change its mode from there would
    /// stop this process, again and again (SIGTTIN and SIGTTOU, termios(3)).
    bool in_background() const noexcept;
    /// Raw mode (again): for who comes to the foreground, where the shell may have set modes of its own.
    void take() noexcept;
    /// Gives it back as it was, until take().
    void leave() noexcept;

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
