#include "rt/container/foreground.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <string_view>
#include <utility>
#include <vector>

#include "rt/analysis/process_attributes.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/container/interruption.hpp"
#include "rt/os/process.hpp"
#include "rt/os/procfs.hpp"
#include "rt/os/terminal.hpp"

namespace rt::container {

namespace {

constexpr char end_of_transmission = 4;  // VEOF of a fresh terminal (termios(3)): ctrl-D

// Carries bytes between the user's standard input and output and the terminal of the container. Neither side is waited for
// alone: who does not read blocks the other one, and never the signals.
class Relay {
public:
    explicit Relay(int console) : console_(console), raw_(console >= 0 ? STDIN_FILENO : -1) {
        if (console_ < 0) return;
        buffer_.resize(4096);
        output_.resize(16384);
        ::fcntl(console_, F_SETFL, O_NONBLOCK);
        resize();
    }

    void resize() const noexcept {
        if (console_ >= 0) os::copy_window_size(STDIN_FILENO, console_);
    }

    // In the background the container runs on, but the terminal is the shell's: nothing of it is read, and no mode changed.
    void look_for_background() noexcept {
        if (const bool before = std::exchange(background_, raw_.in_background()); !before || background_) return;
        raw_.take();
        resize();
    }
    // The shell has had the terminal.
    void was_stopped() noexcept { background_ = console_ >= 0; }
    void leave_terminal() noexcept { raw_.leave(); }

    // Standard input is read only while the bytes before it have left: a container that does not read blocks its user.
    int input() const noexcept {
        return console_ >= 0 && input_open_ && pending_.empty() && !background_ ? STDIN_FILENO : -1;
    }
    short console_events() const noexcept {
        return static_cast<short>((unwritten_.empty() ? POLLIN : 0) | (pending_.empty() ? 0 : POLLOUT));
    }
    int console() const noexcept { return open_inside_ && console_events() != 0 ? console_ : -1; }
    // Standard output, while there is something for it.
    int output() const noexcept { return unwritten_.empty() ? -1 : STDOUT_FILENO; }
    // Whether there may be more for standard output.
    bool has_output() const noexcept { return console_ >= 0 && (open_inside_ || !unwritten_.empty()); }

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
    // And no signal tells that a shell has moved rt to the foreground.
    int poll_timeout() const noexcept {
        if (!open_inside_) return 100;
        return background_ || (console_ >= 0 && !input_open_ && pending_.empty()) ? 1000 : -1;
    }
    // Who has closed the terminal may open it again (/dev/console), and nothing tells of that: it is looked at now and then.
    bool look_again() noexcept { return !std::exchange(open_inside_, true); }
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

    // False when there is nothing (more) to read. EIO: every slave side is closed (pty(7)), for now.
    bool take_output() {
        const ssize_t length = ::read(console_, output_.data(), output_.size());
        if (length < 0 && errno == EINTR) return true;
        if (length <= 0) {
            if (length == 0 || errno != EAGAIN) open_inside_ = false;
            return false;
        }
        unwritten_ = std::string_view(output_.data(), static_cast<std::size_t>(length));
        return true;
    }

    // Called when poll(2) has said that there is room, and for no more than a pipe then takes at once.
    void write_output() {
        const ssize_t written =
            ::write(STDOUT_FILENO, unwritten_.data(), std::min<std::size_t>(unwritten_.size(), PIPE_BUF));
        if (written < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (written < 0) unwritten_ = {};  // nobody reads it: the container goes on, as with a closed pipe
        if (written > 0) unwritten_.remove_prefix(static_cast<std::size_t>(written));
    }

private:
    int console_;
    os::RawTerminal raw_;
    bool background_ = raw_.in_background();
    bool input_open_ = true;
    bool open_inside_ = true;  ///< nothing says that nobody in the container has the terminal open
    std::vector<char> buffer_;
    std::string_view pending_;  ///< of buffer_: for the container
    std::vector<char> output_;
    std::string_view unwritten_;  ///< of output_: for standard output
};

// Whoever wants to end a program that does not notice waits in vain, and would not know why. The signal is passed on even if
// nothing can be found out.
void tell_when_unnoticed(pid_t pid, int signal) noexcept {
    try {
        if (std::ranges::count(ending_signals(), signal) == 0) return;
        const std::optional<std::string> status = os::Procfs::open().try_read(concat(pid, "/status"));
        if (!status || !analysis::never_notices(*status, signal)) return;
        log::warning(
            concat(signal_text(signal),
                   " does not end the program: as the first process of a pid namespace it notices only what it "
                   "has a handler for; rt kill ID KILL ends it"));
    } catch (const std::exception&) {
        return;
    }
}

void pass_signals(const os::Child& process, os::HeldSignals& signals, Relay& relay) {
    while (const int signal = signals.next()) {
        if (signal == SIGWINCH) relay.resize();
        if (signal == SIGCONT) relay.was_stopped();
        // SIGPIPE tells of our own standard output, and SIGCONT of rt itself.
        if (signal == SIGPIPE || signal == SIGCONT) continue;
        tell_when_unnoticed(process.pid(), signal);
        os::try_send_signal(process.pidfd(), signal);
    }
}

// rt stops as any job does, and the container goes on. That the shell has it go on, SIGCONT tells.
void stop_as_job(os::HeldSignals& stops, Relay& relay) {
    stops.forget();
    relay.leave_terminal();
    os::stop_by(SIGTSTP);
    relay.was_stopped();
}

// What the program wrote last is still in the terminal. Whoever sends a signal to rt does not want to wait for the reader.
void write_the_rest(Relay& relay, os::HeldSignals& signals) {
    while (relay.has_output()) {
        if (relay.output() < 0 && !relay.take_output()) return;
        std::array<pollfd, 2> sources{{{.fd = relay.output(), .events = POLLOUT, .revents = 0},
                                       {.fd = signals.fd(), .events = POLLIN, .revents = 0}}};
        if (relay.output() < 0 || ::poll(sources.data(), sources.size(), -1) < 0) continue;
        if (sources[0].revents != 0) relay.write_output();
        if (sources[1].revents == 0) continue;
        while (const int signal = signals.next()) {
            if (std::ranges::count(ending_signals(), signal) > 0) return;
        }
    }
}

}  // namespace

os::ExitStatus stay_in_foreground(os::Child& process, int console, os::HeldSignals& signals, NotifyProxy* notify) {
    os::HeldSignals stops({SIGTSTP});
    Relay relay(console);
    for (bool ended = false; !ended;) {
        relay.look_for_background();
        std::array<pollfd, 7> sources{{{.fd = process.pidfd(), .events = POLLIN, .revents = 0},
                                       {.fd = signals.fd(), .events = POLLIN, .revents = 0},
                                       {.fd = relay.input(), .events = POLLIN, .revents = 0},
                                       {.fd = relay.console(), .events = relay.console_events(), .revents = 0},
                                       {.fd = relay.output(), .events = POLLOUT, .revents = 0},
                                       {.fd = notify == nullptr ? -1 : notify->fd(), .events = POLLIN, .revents = 0},
                                       {.fd = stops.fd(), .events = POLLIN, .revents = 0}}};
        const int ready = ::poll(sources.data(), sources.size(), relay.poll_timeout());
        if (ready < 0 && errno != EINTR) throw_errno("wait for", "the container");
        if (!relay.look_again() && ready == 0) relay.send_end_of_input();
        if (sources[1].revents != 0) pass_signals(process, signals, relay);
        if (sources[2].revents != 0) relay.take_input();
        if ((sources[3].revents & POLLOUT) != 0) relay.flush();
        if ((sources[3].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && relay.output() < 0) relay.take_output();
        if (sources[4].revents != 0) relay.write_output();
        if (sources[5].revents != 0) notify->pass_on();
        if (sources[6].revents != 0) stop_as_job(stops, relay);
        ended = sources[0].revents != 0;
    }
    if (notify != nullptr) notify->pass_on();
    const os::ExitStatus status = process.wait();
    write_the_rest(relay, signals);
    return status;
}

}  // namespace rt::container
