#include "rt/container/start.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/host_hooks.hpp"
#include "rt/container/interruption.hpp"
#include "rt/container/notify_proxy.hpp"
#include "rt/container/remove.hpp"
#include "rt/container/status.hpp"
#include "rt/init/init.hpp"
#include "rt/os/process.hpp"
#include "rt/os/socket.hpp"

namespace rt::container {

void await_execution(const init::Line& line) {
    line.wait();
    const os::Packet packet = os::receive_packet(line.fd());
    // The socket is close-on-exec: its end means that the program runs.
    if (packet.end_of_file) return;
    std::optional<init::Message> message = init::decode(packet.data);
    if (message && message->failure) throw Error(*std::move(message->failure));
    fail("start", "the container", "its init sent a message that is not understood");
}

namespace {

void note_running(Opened& container) {
    container.record.status = state::Status::running;
    container.entry.write(container.record);
}

void start_with_hooks(const Roots& roots, Opened& container, os::UniqueFd socket, const state::PrivateRecord& secret) {
    os::HeldSignals signals(ending_signals());
    try {
        init::Line line(std::move(socket), init::Side::runtime, init::start_sequence_of(secret.hooks));
        line.before_waiting([&signals](int fd) { wait_for_peer(fd, signals); });
        line.await(init::Step::run_start_hooks);
        await_execution(line);
        note_running(container);
        container.entry.unlock();  // a hook may call rt
        run_host_hooks(plan::HookKind::poststart, secret.hooks,
                       state_of(container.record, secret, state::Status::running));
    } catch (const Error& error) {
        const FailureKind kind = error.failure().kind;
        if (kind != FailureKind::hook && kind != FailureKind::interrupted) throw;
        // runtime.md "Lifecycle", steps 7 and 9: the container is stopped and destroyed, and the poststop hooks run.
        container.entry.unlock();
        try {
            remove_if_there(roots, container.record.id);
        } catch (const Error& second) {
            log::warning(second.what());
        }
        throw;
    }
    signals.forget();
}

// Whoever hears of the failure finds the container stopped: init ends right after it has told.
void let_init_end(const state::Record& record, const os::Procfs& procfs) {
    constexpr int patience = 2000;
    const os::UniqueFd init = try_open_init(record, procfs);
    if (init) os::has_ended(init.get(), patience);
}

void start_without_hooks(Opened& container, os::UniqueFd socket, const os::Procfs& procfs) {
    try {
        await_execution(init::Line(std::move(socket), init::Side::runtime, {}));
    } catch (const Error&) {
        let_init_end(container.record, procfs);
        throw;
    }
    note_running(container);
}

}  // namespace

void start(const Roots& roots, const std::string& id) {
    Opened container = open_container(roots, id, "start");
    const os::Procfs procfs = os::Procfs::open();
    const state::Status status = status_now(container.record, procfs);
    if (status == state::Status::running) fail("start", id, "cannot start an already running container");
    if (status != state::Status::created) {
        fail("start", id, concat("it is ", name_of(status), ", and only a created container can be started"));
    }
    os::UniqueFd socket = os::try_connect_in(container.entry.dir(), start_socket);
    if (!socket) throw_errno("start", id, errno, "its init does not listen");
    std::optional<NotifyProxy> notify = NotifyProxy::open(container.entry.dir());
    const auto secret = container.entry.try_read_private().value_or(state::PrivateRecord());
    during(concat("start container ", id), [&] {
        if (secret.hooks.has(plan::HookKind::start_container) || secret.hooks.has(plan::HookKind::poststart)) {
            start_with_hooks(roots, container, std::move(socket), secret);
        } else {
            start_without_hooks(container, std::move(socket), procfs);
        }
        if (!notify) return;
        container.entry.unlock();
        const os::UniqueFd init = try_open_init(container.record, procfs);
        if (init) notify->await_ready(container.record.pid, init.get(), nullptr);
    });
}

}  // namespace rt::container
