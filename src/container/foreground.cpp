#include "rt/container/foreground.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "rt/base/error.hpp"
#include "rt/os/process.hpp"
#include "rt/os/terminal.hpp"

namespace rt::container {

namespace {

constexpr char end_of_transmission = 4;  // VEOF of a fresh terminal (termios(3)): ctrl-D

// Carries bytes between the user's standard input and output and the terminal of the container.
class Relay {
public:
    explicit Relay(int console) : console_(console), raw_(console >= 0 ? STDIN_FILENO : -1) {
        if (console_ < 0) return;
        ::fcntl(console_, F_SETFL, O_NONBLOCK);
        resize();
    }

    void resize() const noexcept {
        if (console_ >= 0) os::copy_window_size(STDIN_FILENO, console_);
    }

    // Standard input is read only while the bytes before it have left: a container that does not read blocks its user.
    int input() const noexcept { return console_ >= 0 && input_open_ && pending_.empty() ? STDIN_FILENO : -1; }
    short console_events() const noexcept { return static_cast<short>(POLLIN | (pending_.empty() ? 0 : POLLOUT)); }
    int console() const noexcept { return output_open_ ? console_ : -1; }

    void take_input() {
        const ssize_t length = ::read(STDIN_FILENO, buffer_.data(), buffer_.size());
        if (length < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (length <= 0) {
            input_open_ = false;
            send_end_of_input();
            return;
        }
        pending_ = std::string_view(buffer_.data(), static_cast<std::size_t>(length));
        flush();
    }

    // A program that is just changing the terminal's mode loses what was sent before: so it is said again now and then.
    int poll_timeout() const noexcept { return console_ >= 0 && !input_open_ && pending_.empty() ? 1000 : -1; }
    void send_end_of_input() {
        if (input_open_ || !pending_.empty()) return;
        pending_ = std::string_view(&end_of_transmission, 1);
        flush();
    }

    void flush() {
        while (!pending_.empty()) {
            const ssize_t length = ::write(console_, pending_.data(), pending_.size());
            if (length < 0 && errno == EINTR) continue;
            if (length < 0 && errno == EAGAIN) return;
            if (length < 0) pending_ = {};
            if (length > 0) pending_.remove_prefix(static_cast<std::size_t>(length));
        }
    }

    // False when there is nothing (more) to read. EIO: every slave side is closed (pty(7)).
    bool pass_output() {
        std::array<char, 16384> data;
        const ssize_t length = ::read(console_, data.data(), data.size());
        if (length < 0 && errno == EINTR) return true;
        if (length <= 0) {
            if (length == 0 || errno != EAGAIN) output_open_ = false;
            return false;
        }
        std::string_view rest(data.data(), static_cast<std::size_t>(length));
        while (!rest.empty()) {
            const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0 && errno == EAGAIN) {
                pollfd room{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
                ::poll(&room, 1, -1);
                continue;
            }
            if (written < 0) return true;  // nobody reads it: the container goes on, as with a closed pipe
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
        return true;
    }

private:
    int console_;
    os::RawTerminal raw_;
    bool input_open_ = true;
    bool output_open_ = true;
    std::array<char, 4096> buffer_{};
    std::string_view pending_;
};

void pass_signals(int pidfd, os::HeldSignals& signals, const Relay& relay) {
    while (const int signal = signals.next()) {
        if (signal == SIGWINCH) relay.resize();
        // SIGPIPE tells of our own standard output.
        if (signal != SIGPIPE) os::try_send_signal(pidfd, signal);
    }
}

}  // namespace

void stay_in_foreground(int pidfd, int console, os::HeldSignals& signals, NotifyProxy* notify) {
    Relay relay(console);
    for (bool ended = false; !ended;) {
        std::array<pollfd, 5> sources{{{.fd = pidfd, .events = POLLIN, .revents = 0},
                                       {.fd = signals.fd(), .events = POLLIN, .revents = 0},
                                       {.fd = relay.input(), .events = POLLIN, .revents = 0},
                                       {.fd = relay.console(), .events = relay.console_events(), .revents = 0},
                                       {.fd = notify == nullptr ? -1 : notify->fd(), .events = POLLIN, .revents = 0}}};
        const int ready = ::poll(sources.data(), sources.size(), relay.poll_timeout());
        if (ready < 0 && errno != EINTR) throw_errno("wait for", "the container");
        if (ready == 0) relay.send_end_of_input();
        if (sources[1].revents != 0) pass_signals(pidfd, signals, relay);
        if (sources[2].revents != 0) relay.take_input();
        if ((sources[3].revents & POLLOUT) != 0) relay.flush();
        if ((sources[3].revents & (POLLIN | POLLHUP | POLLERR)) != 0) relay.pass_output();
        if (sources[4].revents != 0) notify->pass_on();
        ended = sources[0].revents != 0;
    }
    if (notify != nullptr) notify->pass_on();
    // What the program wrote last is still in the terminal.
    while (relay.console() >= 0 && relay.pass_output()) {
    }
}

}  // namespace rt::container
