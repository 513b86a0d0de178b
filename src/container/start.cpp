#include "rt/container/start.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/status.hpp"
#include "rt/init/message.hpp"
#include "rt/os/socket.hpp"

namespace rt::container {

void await_execution(int socket) {
    const os::Packet packet = os::receive_packet(socket);
    // The socket is close-on-exec: its end means that the program runs.
    if (packet.end_of_file) return;
    std::optional<init::Message> message = init::decode(packet.data);
    if (message && message->failure) throw Error(*std::move(message->failure));
    fail("start", "the container", "its init sent a message that is not understood");
}

void start(const Roots& roots, const std::string& id) {
    Opened container = open_container(roots, id, "start");
    const os::Procfs procfs = os::Procfs::open();
    const state::Status status = status_now(container.record, procfs);
    if (status == state::Status::running) fail("start", id, "cannot start an already running container");
    if (status != state::Status::created) {
        fail("start", id, concat("it is ", name_of(status), ", and only a created container can be started"));
    }
    const os::UniqueFd socket = os::try_connect_in(container.entry.dir(), start_socket);
    if (!socket) throw_errno("start", id, errno, "its init does not listen");
    during(concat("start container ", id), [&] { await_execution(socket.get()); });
    container.record.status = state::Status::running;
    container.entry.write(container.record);
}

}  // namespace rt::container
