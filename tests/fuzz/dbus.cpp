// What a bus, or systemd itself, answers: single messages, and whole conversations.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rt/os/fd.hpp"
#include "rt/systemd/address.hpp"
#include "rt/systemd/connection.hpp"
#include "rt/systemd/message.hpp"
#include "rt/systemd/wire.hpp"
#include "target.hpp"

using namespace rt;

namespace {

void check_message(std::string_view bytes) {
    fuzz::accepted([&] {
        if (bytes.size() < systemd::fixed_header_size) return;
        const std::size_t length = systemd::length_of(bytes.substr(0, systemd::fixed_header_size));
        fuzz::require(length >= systemd::fixed_header_size && length <= 16U << 20,
                      "a length is one that a message can have");
        const systemd::Message message = systemd::decode(bytes);
        fuzz::require(length == bytes.size(), "a message has the length that it says");
        const systemd::Message again = systemd::decode(systemd::encode(message));
        fuzz::require(again.body == message.body && again.path == message.path && again.member == message.member &&
                          again.sender == message.sender && again.signature == message.signature &&
                          again.serial == message.serial && again.reply_serial == message.reply_serial,
                      "a message is read as it was written");
        systemd::Reader reader(message.body);
        reader.skip(message.signature);
        reader.require_end();
    });
}

// The peer that says the input, and then goes.
class Peer {
public:
    explicit Peer(std::string_view words) : words_(words) {}

    bool speak(int listener) {
        if (spoken_) return true;
        spoken_ = true;
        const os::UniqueFd socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        const ssize_t ignored = ::send(socket.get(), words_.data(), words_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        (void)ignored;
        return true;
    }

private:
    std::string_view words_;
    bool spoken_ = false;
};

struct Listener {
    std::string path = "/tmp/rt-fuzz-dbus." + std::to_string(::getpid());
    os::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};

    Listener() {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ::unlink(path.c_str());
        fuzz::require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                          ::listen(socket.get(), 8) == 0,
                      "a socket can be bound in /tmp");
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() { ::unlink(path.c_str()); }
};

void check_conversation(std::string_view words, bool direct) {
    static const Listener listener;
    Peer peer(words);
    const auto wait = [&](int, int) { return peer.speak(listener.socket.get()); };
    fuzz::accepted([&] {
        systemd::Connection connection = systemd::Connection::open({{.path = listener.path, .direct = direct}}, wait,
                                                                   std::chrono::milliseconds(2000));
        connection.call({.path = "/org/freedesktop/systemd1", .interface = "a.b", .member = "StopUnit"});
        connection.next_signal(connection.deadline());
    });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check_message(bytes);
    check_conversation(bytes, size % 2 == 0);
    fuzz::accepted([&] { systemd::socket_paths(std::string(bytes), "/run/user/7"); });
    fuzz::accepted([&] {
        systemd::Reader reader(bytes);
        reader.skip(reader.signature());
    });
    return 0;
}
