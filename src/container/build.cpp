#include "rt/container/build.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "rt/analysis/check_files.hpp"
#include "rt/analysis/host_path.hpp"
#include "rt/base/clock.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/signal_names.hpp"
#include "rt/base/text.hpp"
#include "rt/container/accompany.hpp"
#include "rt/container/death.hpp"
#include "rt/container/filter.hpp"
#include "rt/container/interruption.hpp"
#include "rt/container/launch.hpp"
#include "rt/container/load.hpp"
#include "rt/container/mount_server.hpp"
#include "rt/container/notify_proxy.hpp"
#include "rt/container/start.hpp"
#include "rt/container/systemd_manager.hpp"
#include "rt/hooks/run.hpp"
#include "rt/host/namespace_switches.hpp"
#include "rt/os/file.hpp"
#include "rt/os/open_files.hpp"
#include "rt/os/socket.hpp"
#include "rt/plan/free_ids.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::container {

namespace {

state::Record new_record(const plan::Plan& plan, const os::Procfs& procfs) {
    return {.oci_version = plan.oci_version,
            .id = plan.id,
            .bundle = plan.bundle,
            .rootfs = plan.rootfs.path,
            .created = rfc3339_now(),
            .owner = ::geteuid(),
            .boot_id = os::boot_id(procfs)};
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

// Inside the user namespace an owner that is not mapped has no number.
[[noreturn]] void throw_with_owners(const plan::Plan& plan, const Error& error) {
    Failure failure = error.failure();
    if (failure.kind == FailureKind::program_not_executable) {
        if (const auto finding = analysis::explain_program(plan, failure.object)) {
            failure.reason = finding->cause;
            if (!finding->hint.empty()) failure.hint = finding->hint;
        }
    }
    throw Error(std::move(failure));
}

// The kernel does not say which directory on the way it was.
void add_obstacle(const plan::Rootfs& rootfs, Failure& failure) {
    if (failure.code != EACCES || !failure.reason.empty()) return;
    const auto is_object = [&](const plan::Mount& mount) {
        return mount.kind == plan::MountKind::bind && mount.source == failure.object;
    };
    if (failure.object != rootfs.path && std::ranges::none_of(rootfs.mounts, is_object)) return;
    failure.reason = analysis::describe_obstacle(failure.object, rootfs.users.front(), rootfs.mappings);
    if (!failure.reason.empty() && failure.hint.empty())
        failure.hint = "allow it (chmod o+x), or move it to a directory that everybody may search";
}

// Before anything is made: what a killed rt leaves behind can be found by them.
state::Record write_records(const state::Entry& entry, const Loaded& loaded, const os::Procfs& procfs) {
    const trace::Span span("write the records");
    const plan::Plan& plan = loaded.plan;
    state::Record record = new_record(plan, procfs);
    record.unit = recorded_unit(plan.cgroup, loaded.manager_user);
    record.cgroups = cgroup::directories_of(plan.cgroup);
    record.made_cgroups = cgroup::directories_to_make(plan.cgroup);
    if (plan.rdt) record.made_rdt_groups = rdt::directories_to_remove(*plan.rdt);
    entry.write(record);
    entry.write_config(loaded.config);
    entry.write(private_record_of(plan));
    return record;
}

state::RangeClaim claim_range(const state::Entry& entry, const plan::Plan& plan) {
    if (!plan::has_chosen_range(plan.annotations)) return {};
    return state::claim_range(entry.root(), entry.id(), plan.bundle, plan.mappings);
}

// What init gets opened, by the rights of the caller.
init::Task try_open_for_init(Loaded& loaded, const init::Sequence& sequence, idmap::MountMapper& mapper) {
    const trace::Span span("open what init gets");
    constexpr auto by_init = plan::HookKind::create_container;
    const plan::Rootfs& rootfs = loaded.plan.rootfs;
    init::Task task;
    task.plan = &loaded.plan;
    task.sequence = sequence;
    task.hook_programs = hooks::open_programs(by_init, loaded.plan.hooks.of(by_init));
    task.rootfs = rootfs::open_rootfs(rootfs, [&](int tree) { map_rootfs(tree, rootfs, mapper); });
    if (rootfs::is_working_directory(rootfs)) task.rootfs_directory = rootfs::open_rootfs_directory(rootfs);
    task.namespaces = std::move(loaded.namespaces);
    return task;
}

init::Task open_for_init(Loaded& loaded, const init::Sequence& sequence, idmap::MountMapper& mapper) {
    try {
        return try_open_for_init(loaded, sequence, mapper);
    } catch (const Error& error) {
        Failure failure = error.failure();
        add_obstacle(loaded.plan.rootfs, failure);
        throw Error(std::move(failure));
    }
}

// Where AppArmor has put init into the profile that takes all capabilities away, nothing else explains what it is refused.
void add_restriction(const Built& built, const os::Procfs& procfs, Failure& failure) {
    const bool refused = failure.code == EPERM || failure.code == EACCES;
    const bool unprivileged = built.plan.mappings.uid_writer.kind != plan::MapWriter::Kind::privileged;
    if (!refused || !unprivileged) return;
    const std::string profile = procfs.try_read(concat(built.init.pid(), "/attr/current")).value_or("");
    if (!profile.starts_with("unprivileged_userns") && !failure.hint.empty()) return;
    if (std::string hint = host::hint_for_restricted_user_namespace(procfs.fd()); !hint.empty())
        failure.hint = std::move(hint);
}

void bring_up(Built& built, const os::Procfs& procfs, idmap::MountMapper& mapper) {
    try {
        note_init(built, procfs);
        accompany_init(built, procfs, mapper);
    } catch (const init::PeerGone& gone) {
        explain_death("init", built.init, built.record.cgroups, gone);
    } catch (const Error& error) {
        Failure failure = error.failure();
        add_restriction(built, procfs, failure);
        add_obstacle(built.plan.rootfs, failure);
        throw_with_owners(built.plan, Error(std::move(failure)));
    }
}

}  // namespace

state::PrivateRecord private_record_of(const plan::Plan& plan) {
    return {.annotations = plan.annotations,
            .hooks = plan.hooks,
            .session_keyring = plan.process ? plan.process->session_keyring : std::string()};
}

void await_program(Built& built) {
    try {
        built.line.await(init::Step::run_start_hooks);
        await_execution(built.line);
    } catch (const init::PeerGone& gone) {
        explain_death("init", built.init, built.record.cgroups, gone);
    } catch (const Error& error) {
        throw_with_owners(built.plan, error);
    }
}

std::vector<int> signals_to_hold() {
    std::vector<int> signals = ending_signals();
    // Those of terminals, too: at the one moment in which a shell takes it away, rt is not to stop with what it has begun.
    signals.insert(signals.end(), {SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGPIPE, SIGCONT, SIGTTIN, SIGTTOU});
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
    range.release();
    if (scope) scope->release();
    cgroup.release();
    if (rdt) rdt->release();
    if (network_devices) network_devices->keep();
    if (attached) attached->release();
    init.release();
    poststop.release();
}

Prepared prepare(const Roots& roots, const CreateOptions& options, os::HeldSignals& signals) {
    os::RaisedOpenFiles open_files;
    os::Procfs procfs = os::Procfs::open();
    require_root(roots);
    log::hold();
    Loaded loaded = load(roots, options, read_bundle(options), procfs, [&signals](int socket, int milliseconds) {
        return wait_for_peer(socket, signals, milliseconds);
    });
    log::release();
    for (const std::string& warning : loaded.plan.warnings) log::warning(warning);
    return {.open_files = std::move(open_files), .procfs = std::move(procfs), .loaded = std::move(loaded)};
}

Built build(const Roots& roots, const CreateOptions& options, Start start, os::HeldSignals& signals,
            Prepared prepared) {
    auto& [open_files, procfs, loaded] = prepared;
    const plan::Plan& planned = loaded.plan;
    init::Filter filter = planned.process ? make_filter(*planned.process, roots.own) : init::Filter();
    state::Entry entry = state::Entry::take(roots.own, options.id);
    cgroup::require_unused(planned.cgroup);
    state::RangeClaim range = claim_range(entry, planned);
    state::Record record = write_records(entry, loaded, procfs);
    if (loaded.notifies) make_notify_directory(entry.dir());

    const init::Sequence sequence = init::sequence_of(planned);
    idmap::MountMapper mapper(procfs);
    init::Task task = open_for_init(loaded, sequence, mapper);
    task.open_files = open_files.before();
    task.filter = std::move(filter);
    cgroup::Cgroup cgroup = cgroup::Cgroup::create(planned.cgroup);
    std::optional<rdt::Groups> rdt;
    if (planned.rdt) rdt.emplace(rdt::Groups::create(*planned.rdt));
    if (start == Start::on_request) task.start_listener = os::listen_in(entry.dir(), start_socket);
    auto [our_end, their_end] = os::make_socket_pair();
    task.line = std::move(their_end);
    os::Child init = launch(std::move(task), cgroup, our_end.get());
    // They are the program's now: a pipe that rt still held open would not end.
    os::close_some(3, planned.descriptors.preserved);

    Poststop poststop(planned.hooks.of(plan::HookKind::poststop), state_of(planned, plan::Status::stopped, 0));
    Built built{.open_files = std::move(open_files),
                .poststop = std::move(poststop),
                .plan = std::move(loaded.plan),
                .entry = std::move(entry),
                .record = std::move(record),
                .range = std::move(range),
                .scope = std::move(loaded.scope),
                .cgroup = std::move(cgroup),
                .rdt = std::move(rdt),
                .network_devices = {},
                .attached = {},
                .init = std::move(init),
                .line = init::Line(std::move(our_end), init::Side::runtime, sequence),
                .console = {}};
    built.line.before_waiting([&signals](int socket) { wait_for_peer(socket, signals); });
    bring_up(built, procfs, mapper);
    give_up_on_signal(signals);
    return built;
}

}  // namespace rt::container
