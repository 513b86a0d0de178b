#include "rt/init/init.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <optional>
#include <utility>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/devices.hpp"
#include "rt/init/descriptors.hpp"
#include "rt/init/enter_namespaces.hpp"
#include "rt/init/explain.hpp"
#include "rt/init/hooks.hpp"
#include "rt/init/last_words.hpp"
#include "rt/init/process_setup.hpp"
#include "rt/init/rehearsal.hpp"
#include "rt/init/start_program.hpp"
#include "rt/init/sysctl.hpp"
#include "rt/init/time_namespace.hpp"
#include "rt/os/open_files.hpp"
#include "rt/os/own_program.hpp"
#include "rt/os/process.hpp"
#include "rt/os/procfs.hpp"
#include "rt/os/signals.hpp"
#include "rt/os/socket.hpp"
#include "rt/os/terminal.hpp"
#include "rt/privileges/become.hpp"
#include "rt/rootfs/reach.hpp"
#include "rt/rootfs/rootfs.hpp"

namespace rt::init {

namespace {

// The mounts that only the runtime can open, fetched a few at a time: the limit of open files may be small.
class Trees {
public:
    Trees(const plan::Rootfs& plan, Line& line) : plan_(plan), line_(line) {}

    os::UniqueFd take(std::size_t mount) {
        if (!fetched_.contains(mount)) fetch(mount);
        return std::move(fetched_.extract(mount).mapped());
    }

    /// The tree with the device nodes of the runtime.
    os::UniqueFd take_nodes() {
        std::vector<os::UniqueFd> fds = ask(plan_.mounts.size());
        if (fds.size() != 1) fail("receive", "the devices of the runtime", "their number is wrong");
        return std::move(fds.front());
    }

    os::UniqueFd map(std::size_t mount, int fd) {
        const Message wanted{.kind = Message::Kind::mapping_wanted, .first = static_cast<std::uint32_t>(mount)};
        line_.send(wanted, fd < 0 ? std::vector<int>() : std::vector{fd});
        std::vector<os::UniqueFd> fds = line_.receive().second;
        if (fds.size() != 1) fail("receive", "an id-mapped mount of the runtime", "it sent none");
        return std::move(fds.front());
    }

    // Answered once the runtime has written down how to find it.
    void show(int tree) {
        line_.send({.kind = Message::Kind::attaching}, {tree});
        line_.receive();
    }

private:
    std::vector<os::UniqueFd> ask(std::size_t first) {
        line_.send({.kind = Message::Kind::trees_wanted, .first = static_cast<std::uint32_t>(first)});
        return line_.receive().second;
    }

    void fetch(std::size_t first) {
        const std::vector<std::size_t> mounts = mounts_to_send(plan_, first);
        std::vector<os::UniqueFd> fds = ask(first);
        if (fds.empty() || fds.size() > mounts.size())
            fail("receive", "the mounts of the runtime", "their number is wrong");
        for (std::size_t i = 0; i < fds.size(); ++i) fetched_.insert_or_assign(mounts[i], std::move(fds[i]));
    }

    const plan::Rootfs& plan_;
    Line& line_;
    std::map<std::size_t, os::UniqueFd> fetched_;
};

// One life of init: the line, which is the connection of the starter later, stays open until the last word is said.
class Life {
public:
    explicit Life(Task task)
        : task_(std::move(task)), plan_(*task_.plan), line_(std::move(task_.line), Side::init, task_.sequence) {}

    void live() {
        be_born();
        if (task_.rehearsal) return rehearse();
        std::optional<plan::Process> process = plan_.process;
        build_rootfs(process);
        std::string program;
        if (process && plan_.descriptors.listening > 0) process->env.push_back(concat("LISTEN_PID=", ::getpid()));
        if (process) explain_refusals(*process, plan_.mappings, [&] { program = set_up_process(*process, procfs_); });
        procfs_.reset();
        wait_for_start();
        if (!process) fail("start", plan_.id, "/process is not set in its config.json");
        keep_for_program(plan_.descriptors);
        os::set_open_files(task_.open_files);
        line_.perform(Step::run_start_hooks, [&] { run_start_container_hooks(plan_, process->env, line_.fd()); });
        start_program({.process = *process,
                       .mappings = plan_.mappings,
                       .program = program,
                       .filter = std::move(task_.filter),
                       .agent_text = text_for_agent(*process),
                       .channel = channel()});
    }

    /// Where somebody waits for the outcome.
    int channel() const noexcept { return line_.fd(); }

private:
    void be_born() {
        os::set_parent_death_signal(SIGKILL);
        os::close_all_but(with_preserved(needed_descriptors(), plan_.descriptors));
        join_before_birth(plan_.namespace_steps, task_.namespaces, line_.fd());
        os::set_parent_death_signal(SIGKILL);
        line_.await(Step::join_cgroups,
                    [this](const Message& message, const std::vector<os::UniqueFd>&) { outer_pid_ = message.first; });
        line_.await(Step::map_ids);
        enter_own_namespaces();
        line_.perform(Step::namespaces_ready, [] {});
        line_.await(Step::furnish_namespaces);
    }

    // What the kernel refuses is told one by one, and all of it goes with this process.
    void rehearse() {
        const auto told = [&](Failure failure) {
            line_.send({.kind = Message::Kind::finding, .failure = std::move(failure)});
        };
        line_.perform(Step::ready, [&] { try_what_stays_here(plan_, procfs_, told); });
        line_.receive();
    }

    std::vector<int> needed_descriptors() const {
        std::vector<int> needed{line_.fd(), task_.rootfs.get(), task_.start_listener.get(), task_.filter.agent.get()};
        for (const OpenNamespace& entry : task_.namespaces) needed.push_back(entry.fd.get());
        for (const os::UniqueFd& program : task_.hook_programs) needed.push_back(program.get());
        return needed;
    }

    void enter_own_namespaces() {
        make_time_namespace(plan_);
        if (plan_.mappings.mapped) {
            const bool keeps_groups =
                plan_.process ? plan_.process->credentials.keeps_groups : plan_.mappings.groups_denied;
            privileges::become_namespace_user(plan_.setup_uid, plan_.setup_gid, keeps_groups);
            // Each change of credentials clears the parent death signal (prctl(2)).
            os::set_parent_death_signal(SIGKILL);
        }
        os::set_dumpable(false);
        enter_namespaces(plan_, task_.namespaces);
        if (!plan_.sysctl.empty() || (plan_.process && !plan_.process->labels.empty()))
            procfs_ = os::Procfs::open_for_self();
        join_mount_namespace(task_.namespaces);
        task_.namespaces.clear();
    }

    void build_rootfs(const std::optional<plan::Process>& process) {
        rootfs::Rootfs root(plan_.rootfs, std::move(task_.rootfs));
        line_.perform(Step::prepare_rootfs, [&] {
            Trees trees(plan_.rootfs, line_);
            during("prepare the rootfs", [&] {
                root.prepare({.tree = [&](std::size_t mount) { return trees.take(mount); },
                              .mapped = [&](std::size_t mount, int fd) { return trees.map(mount, fd); },
                              .attaching = [&](int tree) { trees.show(tree); },
                              .warn = [&](std::string text) { line_.warn(std::move(text)); }});
                devices::make_devices(root.root(), plan_.rootfs,
                                      {.directory = [&](const std::string& path) { return root.directory(path); },
                                       .nodes = [&] { return trees.take_nodes(); }});
            });
        });
        line_.await(Step::run_runtime_hooks);
        run_create_container_hooks(plan_, std::exchange(task_.hook_programs, {}),
                                   {.directory = root.root(), .open_files = task_.open_files});
        // Not earlier: the network devices, which some of them are about, may come by a hook.
        if (!plan_.sysctl.empty()) write_sysctl(*procfs_, plan_.sysctl);
        during("enter the rootfs", [&] { root.enter(); });
        ::setsid();
        if (process && process->terminal) take_console(root, *process);
        during("protect the rootfs", [&] { root.protect(); });
        root.release();
    }

    void take_console(rootfs::Rootfs& root, const plan::Process& process) {
        const rootfs::Console console = during("make the terminal", [&] { return root.make_console(process); });
        line_.send({.kind = Message::Kind::console}, {console.master.get()});
        os::become_controlling_terminal(console.slave.get());
    }

    // Without a command `start` and its hooks the program follows at once, and until then nobody finds this process by rt.
    bool waits_for_others() const {
        return static_cast<bool>(task_.start_listener) || plan_.hooks.has(plan::HookKind::start_container);
    }

    void wait_for_start() {
        // From here on the container outlives the runtime; should that die before it has recorded the container, the line
        // ends and so does init.
        if (waits_for_others() && ::getpid() == 1) os::end_on_signals();
        os::set_parent_death_signal(0);
        line_.perform(Step::ready, [] {});
        line_.await(Step::commit);
        if (!task_.start_listener) return;
        os::close_all_but(with_preserved({task_.start_listener.get(), task_.filter.agent.get()}, plan_.descriptors));
        line_.release().release();  // closed by the line above
        os::release_code_pages();
        line_ = Line(os::accept_connection(task_.start_listener.get()), Side::init, start_sequence_of(plan_.hooks));
        task_.start_listener.reset();
    }

    std::string text_for_agent(const plan::Process& process) const {
        if (!process.seccomp || !process.seccomp->notifies()) return {};
        // Not running: the program has not been executed (runtime.md "State").
        const auto pid = static_cast<pid_t>(outer_pid_);
        return agent_text(process.seccomp->listener_metadata, pid, state_of(plan_, plan::Status::created, pid));
    }

    Task task_;
    const plan::Plan& plan_;
    Line line_;
    std::optional<os::Procfs> procfs_;  ///< of the host, opened while nothing of the container is mounted
    std::uint32_t outer_pid_ = 0;       ///< as the runtime counts pids; told when the seccomp agent is to hear of it
};

}  // namespace

std::vector<std::size_t> mounts_to_send(const plan::Rootfs& plan, std::size_t first) {
    constexpr std::size_t at_a_time = 32;
    std::vector<std::size_t> mounts{first};
    for (std::size_t i = first + 1; i < plan.mounts.size() && mounts.size() < at_a_time; ++i) {
        if (plan.mounts[i].opened_by_runtime) mounts.push_back(i);
    }
    return mounts;
}

Sequence sequence_of(const plan::Plan& plan) {
    Sequence sequence{Step::join_cgroups};
    if (plan.namespaces.creates(NamespaceType::user)) sequence.push_back(Step::map_ids);
    if (!plan.network.devices.empty()) {
        sequence.insert(sequence.end(), {Step::namespaces_ready, Step::furnish_namespaces});
    }
    sequence.push_back(Step::prepare_rootfs);
    if (plan.hooks.has(plan::HookKind::prestart) || plan.hooks.has(plan::HookKind::create_runtime)) {
        sequence.push_back(Step::run_runtime_hooks);
    }
    sequence.insert(sequence.end(), {Step::ready, Step::commit});
    const Sequence start = start_sequence_of(plan.hooks);
    sequence.insert(sequence.end(), start.begin(), start.end());
    return sequence;
}

Sequence sequence_of_rehearsal(const plan::Plan& plan) {
    Sequence sequence = sequence_of(plan);
    std::erase_if(sequence,
                  [](Step step) { return step != Step::join_cgroups && step != Step::map_ids && step != Step::ready; });
    return sequence;
}

Sequence start_sequence_of(const plan::Hooks& hooks) {
    if (!hooks.has(plan::HookKind::start_container)) return {};
    return {Step::run_start_hooks};
}

void run(Task task) noexcept {
    trace::be_copy("init");
    Life life(std::move(task));
    live([&] { life.live(); }, [&] { return life.channel(); });
}

}  // namespace rt::init
