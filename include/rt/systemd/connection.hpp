#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/systemd/address.hpp"
#include "rt/systemd/message.hpp"

namespace rt::systemd {

using Clock = std::chrono::steady_clock;

/// Waits until the socket can be read from, at most so many milliseconds; false when the time is over. It may throw to give up.
using Wait = std::function<bool(int socket, int milliseconds)>;

/// A connection to a bus, or to a manager itself. Nothing waits longer than `patience` for an answer.
class Connection {
public:
    /// Connects to the first address that somebody listens on, proves who the caller is (SASL EXTERNAL: by the credentials of
    /// the socket, so that it does not matter how the own user namespace counts), and says hello to a bus.
    /// \throws Error: nobody listens, a refusal, no answer in time
    static Connection open(const std::vector<Address>& addresses, Wait wait, std::chrono::milliseconds patience);

    /// Calls a method and gives its return or its error. Signals that arrive meanwhile are kept for next_signal().
    /// \throws Error: no answer in time, a malformed message, the peer is gone
    Message call(Message message);

    /// The next signal. \throws Error as call() does
    Message next_signal(Clock::time_point deadline);

    /// The unique name on the bus (":1.42"); empty on a direct connection.
    const std::string& name() const noexcept { return name_; }
    /// A manager itself: there is no bus to ask for signals.
    bool is_direct() const noexcept { return address_.direct; }
    Clock::time_point deadline() const { return Clock::now() + patience_; }

private:
    Connection(os::UniqueFd socket, Address address, Wait wait, std::chrono::milliseconds patience);

    void authenticate();
    void join_bus();
    void send(std::string_view bytes) const;
    std::string read_line(Clock::time_point deadline);
    void receive(std::size_t size, Clock::time_point deadline);
    Message next(Clock::time_point deadline);

    os::UniqueFd socket_;
    Address address_;
    Wait wait_;
    std::chrono::milliseconds patience_;
    std::string name_;
    std::uint32_t serial_ = 0;
    std::string received_;
    std::deque<Message> signals_;
};

/// Waits with poll(2). \throws Error
bool wait_for_socket(int socket, int milliseconds);

}  // namespace rt::systemd
