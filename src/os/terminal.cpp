#include "rt/os/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include "rt/base/error.hpp"

namespace rt::os {

RawTerminal::RawTerminal(int fd) noexcept : fd_(fd) { take(); }

bool RawTerminal::in_background() const noexcept {
    const pid_t group = ::tcgetpgrp(fd_);  // fails for what is not this session's terminal, which stops nobody
    return group >= 0 && group != ::getpgrp();
}

void RawTerminal::take() noexcept {
    if (in_background() || (!changed_ && ::tcgetattr(fd_, &before_) < 0)) return;
    termios raw = before_;
    ::cfmakeraw(&raw);
    raw.c_oflag |= OPOST;
    changed_ = ::tcsetattr(fd_, TCSANOW, &raw) == 0;
}

void RawTerminal::leave() noexcept {
    if (changed_ && !in_background()) ::tcsetattr(fd_, TCSANOW, &before_);
    changed_ = false;
}

RawTerminal::~RawTerminal() { leave(); }

void copy_window_size(int from, int to) noexcept {
    winsize size{};
    if (::ioctl(from, TIOCGWINSZ, &size) == 0) ::ioctl(to, TIOCSWINSZ, &size);
}

void become_controlling_terminal(int terminal) {
    if (::ioctl(terminal, TIOCSCTTY, 0) < 0) throw_errno("take as controlling terminal", "the console");
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::dup2(terminal, fd) < 0) throw_errno("use as standard input and output", "the console");
    }
}

}  // namespace rt::os
