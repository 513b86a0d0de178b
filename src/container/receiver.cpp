#include "rt/container/receiver.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/socket.hpp"

namespace rt::container {

Receiver::Receiver(std::string what, std::string path) : what_(std::move(what)), path_(std::move(path)) {
    if (path_.empty()) return;
    socket_ = os::try_connect_stream(path_);
    if (!socket_) {
        throw_errno(concat("connect to who gets ", what_, " at"), path_, errno, "",
                    "it must listen there, on a socket of the type SOCK_STREAM");
    }
}

void Receiver::send(int fd, const std::string& text) {
    if (!socket_) return;
    const int code = os::try_send_stream(socket_.get(), text, {fd});
    if (code != 0) throw_errno(concat("send ", what_, " to"), path_, code);
    socket_.reset();
}

}  // namespace rt::container
