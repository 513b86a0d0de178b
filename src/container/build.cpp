#include "rt/container/build.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "rt/base/clock.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/container/accompany.hpp"
#include "rt/container/launch.hpp"
#include "rt/container/load.hpp"
#include "rt/container/start.hpp"
#include "rt/os/file.hpp"
#include "rt/os/socket.hpp"
#include "rt/privileges/become.hpp"
#include "rt/rootfs/reach.hpp"
#include "rt/rootfs/trees.hpp"
#include "rt/seccomp/compile.hpp"
#include "rt/seccomp/load.hpp"

namespace rt::container {

namespace {

constexpr std::array<int, 4> ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

state::Record new_record(const plan::Plan& plan, const os::Procfs& procfs) {
    return {.oci_version = plan.oci_version,
            .id = plan.id,
            .bundle = plan.bundle,
            .rootfs = plan.rootfs.path,
            .created = rfc3339_now(),
            .owner = ::geteuid(),
            .boot_id = os::boot_id(procfs)};
}

void give_up_on_signal(os::HeldSignals& signals) {
    const int signal = signals.next();
    if (std::ranges::find(ending_signals, signal) == ending_signals.end()) return;
    fail("go on", "", concat("interrupted by ", signal_text(signal)), "nothing of the container is left");
}

// Waits for the peer or for a signal that ends the work, whichever comes first.
void wait_for_peer(int socket, os::HeldSignals& signals) {
    for (;;) {
        std::array<pollfd, 2> sources{
            {{.fd = socket, .events = POLLIN, .revents = 0}, {.fd = signals.fd(), .events = POLLIN, .revents = 0}}};
        if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) throw_errno("wait for", "init");
        if (sources[1].revents != 0) give_up_on_signal(signals);
        if (sources[0].revents != 0) return;
    }
}

// From here on `delete` can end what a killed rt leaves behind.
void note_init(Built& built, const os::Procfs& procfs) {
    const pid_t pid = built.init.pid();
    const auto process = os::try_process_status(procfs, pid);
    if (!process) throw_errno("find", concat("process ", pid));
    built.record.pid = pid;
    built.record.start_time = process->start_time;
    if (built.plan.namespaces.creates(NamespaceType::pid)) {
        const auto status = os::try_status_at(procfs.fd(), concat(pid, "/ns/pid"));
        if (status) built.record.pid_namespace = status->st_ino;
    }
    built.entry.write(built.record);
}

// What the user learns when init is gone without a word.
[[noreturn]] void explain_death(Built& built, const init::PeerGone& gone) {
    const os::ExitStatus status = built.init.wait();
    Failure failure = gone.failure();
    failure.reason = status.signal != 0 ? concat("init was killed by ", signal_text(status.signal))
                                        : concat("init ended with status ", status.status);
    failure.reason += concat(" while ", init::doing_of(gone.step()));
    if (cgroup::oom_kills(built.record.cgroups) > 0) failure.hint = "the memory limit of its cgroup was reached";
    throw Error(std::move(failure));
}

// Inside the user namespace an owner that is not mapped has no number.
[[noreturn]] void throw_with_owners(const plan::Plan& plan, const Error& error) {
    constexpr std::string_view exec = "exec ";
    Failure failure = error.failure();
    if (failure.kind == FailureKind::program_not_executable && failure.doing.starts_with(exec)) {
        const std::string path = failure.doing.substr(exec.size(), failure.doing.find(": ") - exec.size());
        const auto cause = rootfs::explain_refused_program_on_host(plan.rootfs, path);
        if (cause) failure.reason = *cause;
    }
    throw Error(std::move(failure));
}

init::Filter make_filter(const plan::Plan& plan) {
    if (!plan.process || !plan.process->seccomp) return {};
    const plan::Seccomp& seccomp = *plan.process->seccomp;
    return {.program = seccomp::compile(seccomp),
            .agent = seccomp.notifies() ? seccomp::connect_to_agent(seccomp.listener_path) : os::UniqueFd()};
}

}  // namespace

void await_program(Built& built) {
    try {
        await_execution(built.line.fd());
    } catch (const Error& error) {
        throw_with_owners(built.plan, error);
    }
}

std::vector<int> signals_to_hold() {
    std::vector<int> signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGPIPE};
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) signals.push_back(signal);
    return signals;
}

void Built::commit(state::Status status) {
    record.status = status;
    entry.write(record);
    line.perform(init::Step::commit, [] {});
}

void Built::release() noexcept {
    entry.keep();
    cgroup.release();
    if (rdt) rdt->release();
    if (network_devices) network_devices->keep();
    init.release();
}

Built build(const Roots& roots, const CreateOptions& options, Start start, os::HeldSignals& signals) {
    const rlim_t open_files = privileges::raise_open_files();
    const os::Procfs procfs = os::Procfs::open();
    Loaded loaded = load(options, procfs);
    const plan::Plan& planned = loaded.plan;
    for (const std::string& warning : planned.warnings) log::warning(warning);

    if (roots.own.empty()) {
        fail("choose", "the state directory", "neither XDG_RUNTIME_DIR nor --root is set", "give one with --root");
    }
    init::Filter filter = make_filter(planned);
    state::Entry entry = state::Entry::take(roots.own, options.id);
    cgroup::require_unused(planned.cgroup);
    state::Record record = new_record(planned, procfs);
    record.cgroups = cgroup::directories_of(planned.cgroup);
    record.made_cgroups = cgroup::directories_to_make(planned.cgroup);
    if (planned.rdt) record.made_rdt_groups = rdt::directories_to_remove(*planned.rdt);
    entry.write(record);
    entry.write(state::PrivateRecord{.annotations = planned.annotations});

    os::UniqueFd rootfs_tree = rootfs::open_rootfs(planned.rootfs);
    cgroup::Cgroup cgroup = cgroup::Cgroup::create(planned.cgroup);
    std::optional<rdt::Groups> rdt;
    if (planned.rdt) rdt.emplace(rdt::Groups::create(*planned.rdt));
    os::UniqueFd listener = start == Start::on_request ? os::listen_in(entry.dir(), start_socket) : os::UniqueFd();
    auto [our_end, their_end] = os::make_socket_pair();
    const init::Sequence sequence = init::sequence_of(planned);
    init::Task task{.plan = &planned,
                    .sequence = sequence,
                    .line = std::move(their_end),
                    .rootfs = std::move(rootfs_tree),
                    .namespaces = std::move(loaded.namespaces),
                    .open_files = open_files,
                    .filter = std::move(filter),
                    .start_listener = std::move(listener)};
    Child init = launch(std::move(task), cgroup, our_end.get());
    // They are the program's now: a pipe that rt still held open would not end.
    os::close_some(3, planned.descriptors.preserved);

    Built built{.plan = std::move(loaded.plan),
                .entry = std::move(entry),
                .record = std::move(record),
                .cgroup = std::move(cgroup),
                .rdt = std::move(rdt),
                .network_devices = {},
                .init = std::move(init),
                .line = init::Line(std::move(our_end), init::Side::runtime, sequence),
                .console = {}};
    built.line.before_waiting([&signals](int socket) { wait_for_peer(socket, signals); });
    try {
        note_init(built, procfs);
        accompany_init(built, procfs);
    } catch (const init::PeerGone& gone) {
        explain_death(built, gone);
    } catch (const Error& error) {
        throw_with_owners(built.plan, error);
    }
    give_up_on_signal(signals);
    return built;
}

}  // namespace rt::container
