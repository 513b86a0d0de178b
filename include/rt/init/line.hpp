#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "rt/init/message.hpp"
#include "rt/os/fd.hpp"

namespace rt::init {

enum class Side : std::uint8_t { runtime, init };

/// Whose step it is.
Side side_of(Step step) noexcept;

/// What happens in the step, as in "while preparing the rootfs".
std::string_view doing_of(Step step) noexcept;

/// The steps that one container needs, in order. Both sides hold the same one: init is a copy of the runtime.
using Sequence = std::vector<Step>;

/// The peer closed its end: it has died, or it gave up without a word.
class PeerGone : public Error {
public:
    explicit PeerGone(Step step);
    Step step() const noexcept { return step_; }

private:
    Step step_;
};

/// One end of the line between the runtime and init. Steps are taken in the order of the sequence; one out of its turn
/// is a mistake in rt and a std::logic_error, never a hang.
class Line {
public:
    /// What a side does with a message that is not the end of a step (a request for mounts, the console).
    using Serve = std::function<void(const Message&, std::vector<os::UniqueFd>)>;

    Line(os::UniqueFd socket, Side side, Sequence sequence);

    /// Does the step, when it is in the sequence, and tells the peer. \throws Error from `work` or when the peer is gone
    template <class Work>
    void perform(Step step, Work&& work) {
        if (!begins(step, side_)) return;
        const trace::Span span(doing_of(step));
        std::forward<Work>(work)();
        send({.kind = Message::Kind::done, .step = step});
    }

    /// Waits until the peer has done the step, when it is in the sequence, and serves its requests meanwhile.
    /// \throws Error: the peer's failure, PeerGone, an interruption
    void await(Step step, const Serve& serve = {});

    /// Sends a message with descriptors. \throws PeerGone
    void send(const Message& message, const std::vector<int>& fds = {});
    /// Has the user told something; the work goes on. \throws PeerGone
    void warn(std::string text);
    /// Receives one message; a warning of the peer goes to the log on the way. \throws Error as await() does
    std::pair<Message, std::vector<os::UniqueFd>> receive();

    /// Waits as before a message that is received, for who receives it otherwise. \throws Error: an interruption
    void wait() const {
        if (wait_) wait_(fd());
    }

    /// Called before each wait with the socket to wait on; it may throw to give up (a signal arrived).
    void before_waiting(std::function<void(int socket)> wait) { wait_ = std::move(wait); }

    int fd() const noexcept { return socket_.get(); }
    os::UniqueFd release() noexcept { return std::move(socket_); }

private:
    bool begins(Step step, Side side);

    os::UniqueFd socket_;
    Side side_;
    Sequence sequence_;
    std::size_t next_ = 0;
    std::function<void(int)> wait_;
};

}  // namespace rt::init
