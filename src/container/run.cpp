#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/build.hpp"
#include "rt/container/foreground.hpp"
#include "rt/container/notify_proxy.hpp"
#include "rt/container/pid_file.hpp"
#include "rt/container/receiver.hpp"
#include "rt/container/remove.hpp"

namespace rt::container {

int run(const Roots& roots, const RunOptions& options) {
    return during(concat("run container ", printable(options.create.id)), [&] {
        os::HeldSignals signals(signals_to_hold());
        Prepared prepared = prepare(roots, options.create, signals);
        Receiver terminal("the terminal", options.create.console_socket);
        Receiver pidfd("the descriptor of init", options.create.pidfd_socket);
        Built built = build(roots, options.create, Start::at_once, signals, std::move(prepared));
        // ps and kill find the container from the moment its program may run.
        terminal.send(built.console.get(), "/dev/ptmx");
        pidfd.send(built.init.pidfd(), std::to_string(built.init.pid()));
        std::optional<NotifyProxy> notify = NotifyProxy::open(built.entry.dir());
        built.commit(state::Status::running);
        await_program(built);
        write_pid_file(options.create.pid_file, built.init.pid());
        built.entry.unlock();
        run_host_hooks(plan::HookKind::poststart, built.plan.hooks,
                       state_of(built.plan, state::Status::running, built.init.pid()));
        if (options.create.detach) {
            if (notify) notify->await_ready(built.init.pid(), built.init.pidfd(), &signals);
            built.release();
            signals.forget();
            return 0;
        }
        const int console = options.create.console_socket.empty() ? built.console.get() : -1;
        const os::ExitStatus status = stay_in_foreground(built.init, console, signals, notify ? &*notify : nullptr);
        built.release();
        if (!options.keep) remove_ended(built.entry, built.record, private_record_of(built.plan));
        signals.forget();
        return status.shell_status();
    });
}

}  // namespace rt::container
