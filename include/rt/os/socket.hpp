#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::os {

/// A connected pair of SOCK_SEQPACKET sockets, both close-on-exec. \throws Error
std::pair<UniqueFd, UniqueFd> make_socket_pair();

/// One packet with its descriptors (at most 253: SCM_MAX_FD).
struct Packet {
    std::string data;
    std::vector<UniqueFd> fds;
    bool end_of_file = false;  ///< the peer closed its end (or died): no data
};

/// Sends one packet; 0 or errno (EPIPE: the peer is gone; no signal is raised).
int try_send_packet(int socket, const std::string& data, const std::vector<int>& fds = {}) noexcept;
/// Sends one packet without descriptors by write(2), the call that a filter of system calls forbids least; 0 or errno.
/// SIGPIPE may be raised.
int try_write_packet(int socket, const std::string& data) noexcept;
/// Receives one packet of at most `limit` bytes; received descriptors are close-on-exec.
/// \throws Error (recvmsg(2); a packet or a list of descriptors that was cut off)
Packet receive_packet(int socket, std::size_t limit = 1U << 20);

/// A SOCK_SEQPACKET listener bound to `name` in the directory, mode 0600: reached through the directory's
/// descriptor, because sun_path holds 108 bytes only (unix(7)). \throws Error
UniqueFd listen_in(int dir, const std::string& name);
/// Connects to such a listener; empty with errno set.
UniqueFd try_connect_in(int dir, const std::string& name) noexcept;
/// Connects to the SOCK_STREAM listener at the path, of any length. It, and sending, give up with EAGAIN after ten seconds.
/// Empty with errno set.
UniqueFd try_connect_stream(const std::string& path) noexcept;
/// Sends all of the data to a SOCK_STREAM peer, the descriptors with its first bytes; 0 or errno. No signal is raised.
int try_send_stream(int socket, std::string_view data, const std::vector<int>& fds = {}) noexcept;
/// A SOCK_DGRAM socket bound to `name` in the directory in place of what has that name, for everybody who gets to the
/// directory; it does not block. \throws Error
UniqueFd bind_datagrams_in(int dir, const std::string& name);
/// The next datagram that has come, at most 4096 bytes of it, without the descriptors that came with it; empty when there is
/// none.
std::optional<std::string> try_receive_datagram(int socket);
/// Sends a datagram to the socket at an absolute path, of any length, or at an abstract address with '@' in place of its first
/// byte (unix(7)); gives up with EAGAIN after ten seconds. 0 or errno.
int try_send_datagram(const std::string& address, const std::string& data, const std::vector<int>& fds = {}) noexcept;
/// Waits for a connection and accepts it. \throws Error
UniqueFd accept_connection(int listener);

}  // namespace rt::os
