#pragma once

#include <string>

#include "rt/os/fd.hpp"

namespace rt::container {

/// Somebody outside who gets a descriptor at a socket: --console-socket, --pidfd-socket.
class Receiver {
public:
    /// Connects to the SOCK_STREAM listener at the path; an empty one: there is nobody. `what`: for messages, "the terminal".
    /// \throws Error: nobody listens there
    Receiver(std::string what, std::string path);

    explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
    /// Sends the descriptor with the text (SCM_RIGHTS) and ends the connection; nothing when there is nobody. \throws Error
    void send(int fd, const std::string& text);

private:
    std::string what_;
    std::string path_;
    os::UniqueFd socket_;
};

}  // namespace rt::container
