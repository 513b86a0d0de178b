#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/build.hpp"
#include "rt/container/pid_file.hpp"
#include "rt/container/receiver.hpp"

namespace rt::container {

void create(const Roots& roots, const CreateOptions& options) {
    during(concat("create container ", printable(options.id)), [&] {
        os::HeldSignals signals(signals_to_hold());
        Prepared prepared = prepare(roots, options, signals);
        Receiver terminal("the terminal", options.console_socket);
        Receiver pidfd("the descriptor of init", options.pidfd_socket);
        Built built = build(roots, options, Start::on_request, signals, std::move(prepared));
        terminal.send(built.console.get(), "/dev/ptmx");
        pidfd.send(built.init.pidfd(), std::to_string(built.init.pid()));
        write_pid_file(options.pid_file, built.init.pid());
        built.commit(state::Status::created);
        built.release();
        signals.forget();
    });
}

}  // namespace rt::container
