#include "rt/container/accompany.hpp"

#include <cerrno>

#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/mount_server.hpp"
#include "rt/container/network_devices.hpp"
#include "rt/idmap/write_maps.hpp"
#include "rt/privileges/become.hpp"
#include "rt/scheduling/scheduler.hpp"

namespace rt::container {

namespace {

void place(Built& built, const os::Procfs& procfs) {
    const pid_t pid = built.init.pid();
    if (built.scope) {
        during("put the container into its unit of systemd", [&] { built.scope->start(pid); });
        built.cgroup.adopt(built.plan.cgroup);
    }
    built.cgroup.join(pid);
    if (built.rdt) built.rdt->join(pid);
    // Whoever pinned the caller did not mean the container: its cpuset does.
    const int code = scheduling::try_reset_cpu_affinity(pid);
    if (code != 0) log::warning(concat("the CPU affinity of the container stays that of rt: ", errno_text(code)));
    if (built.plan.process) set_from_outside(pid, *built.plan.process, procfs);
}

void set_oom_score(pid_t pid, int score, const os::Procfs& procfs) {
    const int code = procfs.try_write(concat(pid, "/oom_score_adj"), std::to_string(score));
    if (code == 0) return;
    throw_errno(
        "set oom_score_adj to", std::to_string(score), code, "",
        code == EACCES ? "lowering it needs CAP_SYS_RESOURCE: run rt with it, or leave /process/oomScoreAdj out" : "");
}

// At the end of the work: a deadline or an idle policy would slow it down, and a process under SCHED_DEADLINE may not
// start hooks (sched(7)).
void schedule(const Built& built) {
    if (!built.plan.process || !built.plan.process->scheduling.by_runtime) return;
    scheduling::set_scheduling(built.init.pid(), built.plan.process->scheduling);
}

void run_hooks_before_entering(const Built& built) {
    const plan::ContainerState state = state_of(built.plan, plan::Status::creating, built.init.pid());
    for (const plan::HookKind kind : {plan::HookKind::prestart, plan::HookKind::create_runtime}) {
        run_host_hooks(kind, built.plan.hooks, state, built.open_files.before());
    }
}

void furnish_namespaces(Built& built, const os::Procfs& procfs) {
    if (built.plan.network.devices.empty()) return;
    built.network_devices.emplace(between_here_and(built.init.pid(), procfs));
    built.network_devices->move(built.plan.network.devices);
}

// Before the rootfs appears there, so that it is found whenever rt is killed.
void note_attachment(Built& built, int tree) {
    built.record.attachment = describe_attachment(built.plan.namespaces.joined_of(NamespaceType::mount)->path, tree);
    built.entry.write(built.record);
    built.attached.emplace(*built.record.attachment);
    built.line.send({.kind = init::Message::Kind::trees});
}

}  // namespace

void set_from_outside(pid_t pid, const plan::Process& process, const os::Procfs& procfs, const Attempt& attempt) {
    privileges::raise_hard_limits(pid, process.limits, attempt);
    if (process.open_files) privileges::raise_hard_limits(pid, {*process.open_files}, attempt);
    if (process.oom_score_adj) attempt([&] { set_oom_score(pid, *process.oom_score_adj, procfs); });
}

void accompany_init(Built& built, const os::Procfs& procfs, idmap::MountMapper& mapper) {
    init::Line& line = built.line;
    line.perform(init::Step::join_cgroups, [&] {
        place(built, procfs);
        const std::optional<plan::Process>& process = built.plan.process;
        if (!process || !process->seccomp || !process->seccomp->notifies()) return;
        line.send({.kind = init::Message::Kind::init_pid, .first = static_cast<std::uint32_t>(built.init.pid())});
    });
    line.perform(init::Step::map_ids, [&] { idmap::write_maps(procfs, built.init.pid(), built.plan.mappings); });
    line.await(init::Step::namespaces_ready);
    line.perform(init::Step::furnish_namespaces, [&] { furnish_namespaces(built, procfs); });
    MountServer mounts(built.plan.rootfs, mapper, line);
    line.await(init::Step::prepare_rootfs, [&](const init::Message& message, std::vector<os::UniqueFd> fds) {
        if (message.kind == init::Message::Kind::attaching && !fds.empty()) {
            return note_attachment(built, fds.front().get());
        }
        mounts.serve(message, std::move(fds));
    });
    // The container exists: whatever ends it from here on, its life cycle goes on to the poststop hooks.
    built.poststop.arm();
    line.perform(init::Step::run_runtime_hooks, [&] { run_hooks_before_entering(built); });
    line.await(init::Step::ready, [&](const init::Message&, std::vector<os::UniqueFd> fds) {
        if (!fds.empty()) built.console = std::move(fds.front());
    });
    schedule(built);
}

}  // namespace rt::container
