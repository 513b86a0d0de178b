#include "rt/container/interruption.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"

namespace rt::container {

std::vector<int> ending_signals() { return {SIGINT, SIGTERM, SIGHUP, SIGQUIT}; }

void give_up_on_signal(os::HeldSignals& signals) {
    const int signal = signals.next();
    const std::vector<int> ending = ending_signals();
    if (std::ranges::find(ending, signal) == ending.end()) return;
    throw Error({.doing = "go on",
                 .reason = concat("interrupted by ", signal_text(signal)),
                 .hint = "nothing of what was begun is left",
                 .kind = FailureKind::interrupted});
}

bool wait_for_peer(int socket, os::HeldSignals& signals, int milliseconds) {
    std::array<pollfd, 2> sources{
        {{.fd = socket, .events = POLLIN, .revents = 0}, {.fd = signals.fd(), .events = POLLIN, .revents = 0}}};
    if (::poll(sources.data(), sources.size(), milliseconds) < 0 && errno != EINTR) throw_errno("wait for", "a peer");
    if (sources[1].revents != 0) give_up_on_signal(signals);
    return sources[0].revents != 0;
}

void wait_for_peer(int socket, os::HeldSignals& signals) {
    while (!wait_for_peer(socket, signals, -1)) {
    }
}

}  // namespace rt::container
