#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/place.hpp"
#include "rt/container/accompany.hpp"
#include "rt/container/build.hpp"
#include "rt/container/death.hpp"
#include "rt/container/exec_target.hpp"
#include "rt/container/filter.hpp"
#include "rt/container/foreground.hpp"
#include "rt/container/interruption.hpp"
#include "rt/container/launch.hpp"
#include "rt/container/load.hpp"
#include "rt/container/own_program.hpp"
#include "rt/container/pid_file.hpp"
#include "rt/container/receiver.hpp"
#include "rt/container/start.hpp"
#include "rt/container/status.hpp"
#include "rt/init/exec.hpp"
#include "rt/os/socket.hpp"
#include "rt/rdt/groups.hpp"
#include "rt/scheduling/scheduler.hpp"

namespace rt::container {

namespace {

// A process that is on its way into the container. It is ended with this object, as long as it is not released.
struct Execution {
    plan::Exec plan;
    cgroup::Place place;
    os::UniqueFd console;  ///< the master side of the terminal, when there is one
    os::Child process;
    init::Line line;
};

void check_status(const Opened& container, state::Status status, bool ignore_paused) {
    const std::string& id = container.record.id;
    if (status == state::Status::paused && !ignore_paused) {
        fail("start a process in", id, "cannot exec in a paused container",
             "rt resume lets it go on; with --ignore-paused the process starts when it does");
    }
    if (status == state::Status::running || status == state::Status::paused) return;
    fail("start a process in", id, "container not running",
         status == state::Status::created ? "it is created only: rt start lets its program run" : "");
}

void use_initial_cpus(const plan::Exec& plan) {
    const plan::NumberSet& cpus = plan.process.scheduling.exec_cpu_affinity.initial;
    const int code = cpus.empty() ? 0 : scheduling::try_set_cpu_affinity(0, cpus);
    if (code == 0) return;
    throw_errno("use the CPUs at", "/process/execCPUAffinity/initial", code, "",
                code == EINVAL ? concat("rt may use none of ", cpus.text(), " itself") : "");
}

Execution give_birth(const Target& target, plan::Exec plan, const std::string& state_root) {
    init::Filter filter = make_filter(plan.process, state_root);
    cgroup::Place place = cgroup::Place::open(plan.cgroups, target.find_cgroup_of_init());
    use_initial_cpus(plan);
    auto [our_end, their_end] = os::make_socket_pair();
    const init::Sequence sequence = init::exec_sequence();
    init::ExecTask task{.plan = &plan,
                        .sequence = sequence,
                        .line = std::move(their_end),
                        .init = os::duplicate(target.init()),
                        .root = plan.enters_root ? target.open_root() : os::UniqueFd(),
                        .filter = std::move(filter)};
    target.require_alive();
    os::Child process = launch(std::move(task), place);
    // They are the program's now: a pipe that rt still held open would not end.
    os::close_some(3, plan.descriptors.preserved);
    return {.plan = std::move(plan),
            .place = std::move(place),
            .console = {},
            .process = std::move(process),
            .line = init::Line(std::move(our_end), init::Side::runtime, sequence)};
}

void place(Execution& execution, const os::Procfs& procfs) {
    const plan::Exec& plan = execution.plan;
    const pid_t pid = execution.process.pid();
    execution.place.join(pid);
    if (plan.rdt) rdt::Groups::existing(*plan.rdt).join(pid);
    set_from_outside(pid, plan.process, procfs);
    if (!plan.process.seccomp || !plan.process.seccomp->notifies()) return;
    execution.line.send({.kind = init::Message::Kind::init_pid, .first = static_cast<std::uint32_t>(pid)});
}

// The runtime's turns, until the program runs. `in_place` is called when the process is in the cgroups of the container, where
// whoever deletes that finds it.
template <class InPlace>
void accompany(Execution& execution, const os::Procfs& procfs, InPlace in_place) {
    init::Line& line = execution.line;
    line.perform(init::Step::join_cgroups, [&] { place(execution, procfs); });
    in_place();
    line.await(init::Step::ready, [&](const init::Message& message, std::vector<os::UniqueFd> fds) {
        if (message.kind == init::Message::Kind::init_pid) {
            execution.process = follow_clone(std::move(execution.process), message);
        } else if (!fds.empty()) {
            execution.console = std::move(fds.front());
        }
    });
    const plan::Scheduling& scheduling = execution.plan.process.scheduling;
    if (scheduling.by_runtime) scheduling::set_scheduling(execution.process.pid(), scheduling);
    line.perform(init::Step::commit, [] {});
    await_execution(line);
}

// The v1 freezer lets a process die only when it goes on, and nobody may have to wait for that.
void leave_to_die(os::Child& process) noexcept {
    os::try_send_signal(process.pidfd(), SIGKILL);
    process.release();
}

}  // namespace

int exec(const Roots& roots, const ExecOptions& options) {
    return during(concat("exec in container ", printable(options.id)), [&] {
        os::HeldSignals signals(signals_to_hold());
        Opened container = open_container(roots, options.id, "start a process in");
        const os::Procfs procfs = os::Procfs::open();
        check_status(container, status_now(container.record, procfs), options.ignore_paused);
        const Target target(container, procfs);
        require_sealed_program(target.user_mappings());
        const plan::ExecRequest request = options.request();
        plan::Exec plan = target.plan(request);
        for (const std::string& warning : plan.warnings) log::warning(warning);
        Receiver terminal("the terminal", options.console_socket);
        Receiver pidfd("the descriptor of the process", options.pidfd_socket);

        Execution execution = give_birth(target, std::move(plan), roots.own);
        execution.line.before_waiting([&signals](int socket) { wait_for_peer(socket, signals); });
        try {
            accompany(execution, procfs, [&] { container.entry.unlock(); });
        } catch (const init::PeerGone& gone) {
            explain_death("the process", execution.process, container.record.cgroups, gone);
        } catch (const Error&) {
            if (options.ignore_paused) leave_to_die(execution.process);
            throw;
        }
        terminal.send(execution.console.get(), "/dev/ptmx");
        pidfd.send(execution.process.pidfd(), std::to_string(execution.process.pid()));
        write_pid_file(options.pid_file, execution.process.pid());
        if (request.detach) {
            execution.process.release();
            signals.forget();
            return 0;
        }
        const int console = request.console_socket ? -1 : execution.console.get();
        const os::ExitStatus status = stay_in_foreground(execution.process, console, signals);
        signals.forget();
        return status.shell_status();
    });
}

}  // namespace rt::container
