#include "rt/init/exec.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/init/descriptors.hpp"
#include "rt/init/enter_namespaces.hpp"
#include "rt/init/explain.hpp"
#include "rt/init/last_words.hpp"
#include "rt/init/process_setup.hpp"
#include "rt/init/start_program.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/os/procfs.hpp"
#include "rt/os/terminal.hpp"
#include "rt/privileges/become.hpp"
#include "rt/rootfs/console.hpp"
#include "rt/scheduling/scheduler.hpp"

namespace rt::init {

namespace {

class ExecLife {
public:
    explicit ExecLife(ExecTask task)
        : task_(std::move(task)), plan_(*task_.plan), line_(std::move(task_.line), Side::init, task_.sequence) {}

    void live() {
        os::set_parent_death_signal(SIGKILL);
        os::close_all_but(with_preserved({line_.fd(), task_.init.get(), task_.root.get(), task_.filter.agent.get()},
                                         plan_.descriptors));
        line_.await(Step::join_cgroups,
                    [this](const Message& message, const std::vector<os::UniqueFd>&) { outer_pid_ = message.first; });
        set_cpu_affinity();
        enter_container();
        ::setsid();
        plan::Process process = plan_.process;
        if (process.terminal) take_console(process);
        if (plan_.descriptors.listening > 0) process.env.push_back(concat("LISTEN_PID=", ::getpid()));
        std::string program;
        explain_refusals(process, plan_.mappings, [&] { program = set_up_process(process, procfs_); });
        procfs_.reset();
        line_.perform(Step::ready, [] {});
        line_.await(Step::commit);
        os::set_parent_death_signal(0);
        keep_for_program(plan_.descriptors);
        start_program({.process = process,
                       .mappings = plan_.mappings,
                       .program = program,
                       .filter = std::move(task_.filter),
                       .agent_text = text_for_agent(process),
                       .channel = channel()});
    }

    int channel() const noexcept { return line_.fd(); }

private:
    // Whoever pinned rt did not mean the program: what the container's cpuset has counts, or what the config says.
    void set_cpu_affinity() {
        const plan::NumberSet& cpus = plan_.process.scheduling.exec_cpu_affinity.final;
        const int code =
            cpus.empty() ? scheduling::try_reset_cpu_affinity(0) : scheduling::try_set_cpu_affinity(0, cpus);
        if (code != 0 && !cpus.empty()) throw_errno("use the CPUs at", "/process/execCPUAffinity/final", code);
    }

    void enter_container() {
        os::set_dumpable(false);
        if (!plan_.process.labels.empty()) procfs_ = os::Procfs::open_for_self();
        join_namespaces();
        if (plan_.second_clone) clone_again(0, line_.fd());
        if (task_.root) enter_root();
        if (plan_.mappings.mapped) {
            privileges::become_namespace_user(plan_.setup_uid, plan_.setup_gid, plan_.process.credentials.keeps_groups);
        }
        // Both are lost with each change of credentials (prctl(2)).
        os::set_parent_death_signal(SIGKILL);
        os::set_dumpable(false);
    }

    void join_namespaces() {
        const int code =
            plan_.namespaces == 0 ? 0 : os::try_join_namespace(task_.init.get(), static_cast<int>(plan_.namespaces));
        task_.init.reset();
        if (code == 0) return;
        throw_errno("join the namespaces of", "the container", code, "",
                    code == EPERM ? "it takes CAP_SYS_ADMIN where they belong to: run rt as the user who created the "
                                    "container, or as root"
                                  : "");
    }

    void enter_root() {
        if (::fchdir(task_.root.get()) < 0 || ::chroot(".") < 0) throw_errno("enter the rootfs of", "the container");
        task_.root.reset();
    }

    void take_console(const plan::Process& process) {
        const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
        const rootfs::Console console =
            during("make the terminal", [&] { return rootfs::open_console(root.get(), process); });
        line_.send({.kind = Message::Kind::console}, {console.master.get()});
        os::become_controlling_terminal(console.slave.get());
    }

    std::string text_for_agent(const plan::Process& process) const {
        if (!process.seccomp || !process.seccomp->notifies()) return {};
        return agent_text(process.seccomp->listener_metadata, static_cast<pid_t>(outer_pid_), plan_.state);
    }

    ExecTask task_;
    const plan::Exec& plan_;
    Line line_;
    std::optional<os::Procfs> procfs_;  ///< of the host
    std::uint32_t outer_pid_ = 0;       ///< as the runtime counts pids
};

}  // namespace

Sequence exec_sequence() { return {Step::join_cgroups, Step::ready, Step::commit}; }

void run(ExecTask task) noexcept {
    trace::be_copy("process");
    ExecLife life(std::move(task));
    init::live([&] { life.live(); }, [&] { return life.channel(); });
}

}  // namespace rt::init
