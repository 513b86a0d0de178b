#include "rt/systemd/connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/socket.hpp"
#include "rt/systemd/wire.hpp"

namespace rt::systemd {

namespace {

constexpr const char* bus_name = "org.freedesktop.DBus";

struct Connected {
    os::UniqueFd socket;
    Address address;
};

// Nobody listens: the next address may do. Anything else is told.
bool is_absent(int code) { return code == ENOENT || code == ECONNREFUSED; }

Connected connect_first(const std::vector<Address>& addresses) {
    std::vector<std::string> tried;
    int last_code = ENOENT;
    for (const Address& address : addresses) {
        os::UniqueFd socket = os::try_connect_stream(address.path);
        if (socket) return {.socket = std::move(socket), .address = address};
        last_code = errno;
        tried.push_back(address.path);
        if (!is_absent(last_code)) break;
    }
    throw_errno(
        "connect to systemd at", join(tried, ", "), last_code, "",
        "is systemd running, and for a user: is there a session (loginctl enable-linger USER)? Without it, leave "
        "--systemd-cgroup out, or give --cgroup-manager cgroupfs");
}

}  // namespace

bool wait_for_socket(int socket, int milliseconds) {
    pollfd source{.fd = socket, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&source, 1, milliseconds);
    if (ready < 0 && errno != EINTR) throw_errno("wait for", "systemd");
    return ready > 0;
}

Connection::Connection(os::UniqueFd socket, Address address, Wait wait, std::chrono::milliseconds patience)
    : socket_(std::move(socket)), address_(std::move(address)), wait_(std::move(wait)), patience_(patience) {}

Connection Connection::open(const std::vector<Address>& addresses, Wait wait, std::chrono::milliseconds patience) {
    auto [socket, address] = connect_first(addresses);
    Connection connection(std::move(socket), std::move(address), std::move(wait), patience);
    during("talk to systemd", [&] {
        connection.authenticate();
        if (!connection.is_direct()) connection.join_bus();
    });
    return connection;
}

void Connection::authenticate() {
    // An empty identity means: the one that the socket has. What stands in the uid's place otherwise would be that of this user
    // namespace. All of it can be sent at once, since nothing that the server may answer changes it.
    constexpr char login[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
    send(std::string_view(login, sizeof login - 1));
    const Clock::time_point end = deadline();
    std::string line = read_line(end);
    if (line == "DATA") line = read_line(end);
    if (line.starts_with("OK ")) return;
    fail("log in to systemd at", address_.path, concat("it answers '", printable(clipped(line, 80)), "'"),
         "the bus of a user is open for that user only");
}

void Connection::join_bus() {
    const Message reply =
        call({.path = "/org/freedesktop/DBus", .interface = bus_name, .member = "Hello", .destination = bus_name});
    if (reply.type == MessageType::error)
        fail("join the bus at", address_.path, concat("it answers ", printable(reply.error_name)));
    if (reply.signature != "s") refuse_malformed("the bus gives no name");
    name_ = Reader(reply.body).string();
}

void Connection::send(std::string_view bytes) const {
    const int code = os::try_send_stream(socket_.get(), bytes);
    if (code != 0) throw_errno("write to systemd at", address_.path, code);
}

// Reads until so many bytes are there, and whatever more has come with them.
void Connection::receive(std::size_t size, Clock::time_point deadline) {
    while (received_.size() < size) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) {
            throw_errno("wait for systemd at", address_.path, ETIMEDOUT,
                        concat("no answer in ", patience_.count() / 1000, " seconds"));
        }
        if (!wait_(socket_.get(), static_cast<int>(left.count()) + 1)) continue;
        std::array<char, 8192> buffer;
        const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (length < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (length < 0) throw_errno("read from systemd at", address_.path);
        if (length == 0) fail("read from systemd at", address_.path, "it closed the connection");
        received_.append(buffer.data(), static_cast<std::size_t>(length));
    }
}

std::string Connection::read_line(Clock::time_point deadline) {
    constexpr std::size_t longest_line = 16384;  // the limit of the reference implementation
    for (;;) {
        const std::size_t end = received_.find("\r\n");
        if (end != std::string::npos) {
            std::string line = received_.substr(0, end);
            received_.erase(0, end + 2);
            return line;
        }
        if (received_.size() > longest_line) fail("log in to systemd at", address_.path, "its answer has no end");
        receive(received_.size() + 1, deadline);
    }
}

Message Connection::next(Clock::time_point deadline) {
    receive(fixed_header_size, deadline);
    const std::size_t length = length_of(std::string_view(received_).substr(0, fixed_header_size));
    receive(length, deadline);
    Message message = decode(std::string_view(received_).substr(0, length));
    received_.erase(0, length);
    return message;
}

Message Connection::call(Message message) {
    message.serial = ++serial_;
    message.type = MessageType::method_call;
    send(encode(message));
    const Clock::time_point end = deadline();
    for (;;) {
        Message received = next(end);
        const bool is_answer = received.type == MessageType::method_return || received.type == MessageType::error;
        if (is_answer && received.reply_serial == message.serial) return received;
        constexpr std::size_t most_signals = 1024;
        if (received.type != MessageType::signal) continue;
        if (signals_.size() == most_signals) signals_.pop_front();
        signals_.push_back(std::move(received));
    }
}

Message Connection::next_signal(Clock::time_point deadline) {
    if (!signals_.empty()) {
        Message signal = std::move(signals_.front());
        signals_.pop_front();
        return signal;
    }
    for (;;) {
        Message received = next(deadline);
        if (received.type == MessageType::signal) return received;
    }
}

}  // namespace rt::systemd
