#include "rt/os/socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/umask.hpp"

namespace rt::os {

namespace {

constexpr std::size_t most_fds = 253;  // SCM_MAX_FD of the kernel

// "/proc/self/fd/N/name": short whatever the length of the directory's path.
bool fill_address(sockaddr_un& address, int dir, const std::string& name) noexcept {
    address = {};
    address.sun_family = AF_UNIX;
    const int length =
        std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, name.c_str());
    return length > 0 && static_cast<std::size_t>(length) < sizeof address.sun_path;
}

// A peer that died with unread data makes one call fail with ECONNRESET; what it had sent before is still there.
template <class Receive>
ssize_t retry_receive(Receive receive) {
    for (bool reset = false;;) {
        const ssize_t length = receive();
        if (length >= 0) return length;
        if (errno != EINTR && (errno != ECONNRESET || std::exchange(reset, true))) {
            throw_errno("receive from", "the peer process");
        }
    }
}

// sendmsg(2) with the descriptors; how much of the data went, or -1 with errno set.
ssize_t try_send(int socket, std::string_view data, const std::vector<int>& fds) noexcept {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * most_fds)];
    iovec part{.iov_base = const_cast<char*>(data.data()), .iov_len = data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        if (fds.size() > most_fds) {
            errno = EINVAL;
            return -1;
        }
        const std::size_t size = sizeof(int) * fds.size();
        std::memset(control, 0, CMSG_SPACE(size));
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(header), fds.data(), size);
    }
    for (;;) {
        const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent >= 0 || errno != EINTR) return sent;
    }
}

// Holds for connect(2) too, which waits when nobody accepts (unix(7)).
bool be_patient(int socket) noexcept {
    constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
    return ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0;
}

bool try_connect_abstract(int socket, const std::string& name) noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() > sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0;
}

// A path, or @name; errno is set when it is refused.
bool try_connect(int socket, const std::string& where) noexcept {
    if (where.starts_with('@')) return try_connect_abstract(socket, where);
    // By a descriptor: sun_path holds 108 bytes only.
    const UniqueFd file(::open(where.c_str(), O_PATH | O_CLOEXEC));
    if (!file) return false;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file.get());
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::pair<UniqueFd, UniqueFd> make_socket_pair() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) throw_errno("make a socket pair", "");
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

int try_send_packet(int socket, const std::string& data, const std::vector<int>& fds) noexcept {
    return try_send(socket, data, fds) < 0 ? errno : 0;
}

int try_send_stream(int socket, std::string_view data, const std::vector<int>& fds) noexcept {
    ssize_t sent = try_send(socket, data, fds);
    while (sent >= 0 && static_cast<std::size_t>(sent) < data.size()) {
        data.remove_prefix(static_cast<std::size_t>(sent));
        sent = try_send(socket, data, {});
    }
    return sent < 0 ? errno : 0;
}

int try_write_packet(int socket, const std::string& data) noexcept {
    return ::write(socket, data.data(), data.size()) < 0 ? errno : 0;
}

Packet receive_packet(int socket, std::size_t limit) {
    Packet packet;
    // MSG_TRUNC with MSG_PEEK tells the whole length of the next packet (recv(2)).
    const ssize_t expected = retry_receive([&] { return ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC); });
    packet.end_of_file = expected == 0;
    if (packet.end_of_file) return packet;
    if (static_cast<std::size_t>(expected) > limit) {
        fail("receive from", "the peer process", concat("a message of ", expected, " bytes is too long"));
    }
    packet.data.resize(static_cast<std::size_t>(expected));

    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * most_fds)];
    iovec part{.iov_base = packet.data.data(), .iov_len = packet.data.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    retry_receive([&] { return ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC); });
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            packet.fds.emplace_back(fd);
        }
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        throw_errno("receive descriptors from", "the peer process", EMFILE, "the message was cut off",
                    "raise the limit of open files (ulimit -n)");
    }
    return packet;
}

UniqueFd listen_in(int dir, const std::string& name) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!socket) throw_errno("make a socket", name);
    sockaddr_un address{};
    if (!fill_address(address, dir, name)) fail("bind the socket", name, "the name is too long");
    // The mode of the socket file comes from the umask: connecting needs the right to write it (unix(7)).
    const UmaskScope umask(0177);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        throw_errno("bind the socket", name);
    }
    if (::listen(socket.get(), 1) < 0) throw_errno("listen on the socket", name);
    return socket;
}

UniqueFd try_connect_in(int dir, const std::string& name) noexcept {
    UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!socket) return {};
    sockaddr_un address{};
    if (!fill_address(address, dir, name)) {
        errno = ENAMETOOLONG;
        return {};
    }
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) return {};
    return socket;
}

UniqueFd try_connect_stream(const std::string& path) noexcept {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket || !be_patient(socket.get()) || !try_connect(socket.get(), path)) return {};
    return socket;
}

UniqueFd bind_datagrams_in(int dir, const std::string& name) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) throw_errno("make a socket", name);
    sockaddr_un address{};
    if (!fill_address(address, dir, name)) fail("bind the socket", name, "the name is too long");
    ::unlinkat(dir, name.c_str(), 0);
    const UmaskScope umask(0111);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        throw_errno("bind the socket", name);
    }
    return socket;
}

std::optional<std::string> try_receive_datagram(int socket) {
    std::string data(4096, '\0');
    ssize_t length = -1;
    do {
        // Without room for them the kernel closes descriptors that came along (unix(7)).
        length = ::recv(socket, data.data(), data.size(), 0);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return std::nullopt;
    data.resize(static_cast<std::size_t>(length));
    return data;
}

int try_send_datagram(const std::string& address, const std::string& data, const std::vector<int>& fds) noexcept {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket || !be_patient(socket.get()) || !try_connect(socket.get(), address)) return errno;
    return try_send(socket.get(), data, fds) < 0 ? errno : 0;
}

UniqueFd accept_connection(int listener) {
    for (;;) {
        UniqueFd connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (connection) return connection;
        if (errno != EINTR && errno != ECONNABORTED) throw_errno("accept on", "the start socket");
    }
}

}  // namespace rt::os
