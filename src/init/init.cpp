#include "rt/init/init.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <map>
#include <new>

#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/nodes.hpp"
#include "rt/init/enter_namespaces.hpp"
#include "rt/init/program.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
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

private:
    void fetch(std::size_t first) {
        const std::vector<std::size_t> mounts = mounts_to_send(plan_, first);
        line_.send({.kind = Message::Kind::trees_wanted, .first = static_cast<std::uint32_t>(first)});
        std::vector<os::UniqueFd> fds = line_.receive().second;
        if (fds.empty() || fds.size() > mounts.size())
            fail("receive", "the mounts of the runtime", "their number is wrong");
        for (std::size_t i = 0; i < fds.size(); ++i) fetched_.insert_or_assign(mounts[i], std::move(fds[i]));
    }

    const plan::Rootfs& plan_;
    Line& line_;
    std::map<std::size_t, os::UniqueFd> fetched_;
};

void change_to(const std::string& directory) {
    if (::chdir(directory.c_str()) < 0) throw_errno("change to the working directory", directory);
    // A directory outside of the root shows as "(unreachable)" here (getcwd(2); CVE-2024-21626).
    char path[PATH_MAX];
    if (::getcwd(path, sizeof path) == nullptr || path[0] != '/') {
        fail("change to the working directory", directory, "it lies outside of the container's root");
    }
}

// Only root may enter some directories, only the user others (a mounted home): the first try is before, the second after
// the change of user; one is enough.
bool try_change_to(const std::string& directory) noexcept { return ::chdir(directory.c_str()) == 0; }

void make_working_directory(const std::string& directory) {
    for (std::size_t end = directory.find('/', 1); end != std::string::npos; end = directory.find('/', end + 1)) {
        ::mkdir(directory.substr(0, end).c_str(), 0755);
    }
    ::mkdir(directory.c_str(), 0755);  // what cannot be made shows when it is entered
}

// Everything that the program finds set: returns its path.
std::string become_program(plan::Process& process, bool groups_denied) {
    if (!try_change_to(process.cwd) && errno == ENOENT) {
        make_working_directory(process.cwd);
        try_change_to(process.cwd);
    }
    if (process.umask) ::umask(*process.umask);
    privileges::set_limits(process.limits);
    privileges::become_process_user(process.credentials, process.capabilities, groups_denied);
    os::set_parent_death_signal(SIGKILL);
    os::set_dumpable(false);
    if (process.no_new_privileges) privileges::forbid_new_privileges();
    change_to(process.cwd);
    add_home(process.env, process.credentials.uid);
    return find_program(process.args.front(), process.env);
}

void send_failure(int channel, Failure failure) noexcept {
    try {
        os::try_send_packet(channel, encode({.kind = Message::Kind::failure, .failure = std::move(failure)}));
    } catch (...) {  // no memory to say it: the peer sees the end of the line
    }
}

// One life of init: the line and, later, the connection of the starter stay open until the last word is said.
class Life {
public:
    explicit Life(Task task)
        : task_(std::move(task)), plan_(*task_.plan), line_(std::move(task_.line), Side::init, task_.sequence) {}

    void live() {
        os::set_parent_death_signal(SIGKILL);
        os::close_all_but(needed_descriptors());
        join_user_namespace(plan_.namespace_steps, task_.namespaces, line_.fd());
        os::set_parent_death_signal(SIGKILL);
        line_.await(Step::join_cgroups);
        line_.await(Step::map_ids);
        enter_own_namespaces();
        std::optional<plan::Process> process = plan_.process;
        build_rootfs(process);
        privileges::restore_open_files(task_.open_files);
        std::string program;
        if (process) explained([&] { program = become_program(*process, plan_.mappings.groups_denied); });
        wait_for_start();
        if (!process) fail("start", plan_.id, "/process is not set in its config.json");
        os::close_on_exec_from(3);
        os::reset_signals();
        explained([&] { execute(program, process->args, process->env); });
    }

    /// Where somebody waits for the outcome.
    int channel() const noexcept { return starter_ ? starter_.get() : line_.fd(); }

private:
    std::vector<int> needed_descriptors() const {
        std::vector<int> needed{line_.fd(), task_.rootfs.get(), task_.start_listener.get()};
        for (const OpenNamespace& entry : task_.namespaces) needed.push_back(entry.fd.get());
        return needed;
    }

    void enter_own_namespaces() {
        if (plan_.mappings.mapped) {
            privileges::become_namespace_user(plan_.setup_uid, plan_.setup_gid, plan_.mappings.groups_denied);
            // Each change of credentials clears the parent death signal (prctl(2)).
            os::set_parent_death_signal(SIGKILL);
        }
        os::set_dumpable(false);
        enter_namespaces(plan_, task_.namespaces);
        join_mount_namespace(task_.namespaces);
        task_.namespaces.clear();
    }

    void build_rootfs(const std::optional<plan::Process>& process) {
        rootfs::Rootfs root(plan_.rootfs, std::move(task_.rootfs));
        line_.perform(Step::prepare_rootfs, [&] {
            Trees trees(plan_.rootfs, line_);
            during("prepare the rootfs", [&] {
                root.prepare([&](std::size_t mount) { return trees.take(mount); });
                devices::make_default_devices(root.root(), plan_.rootfs);
            });
        });
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

    // The kernel does not say which directory on the way, or that it was the interpreter, that it stumbled over.
    template <class Work>
    void explained(Work work) {
        try {
            work();
        } catch (const Error& error) {
            constexpr std::string_view exec = "exec ";
            Failure failure = error.failure();
            if (failure.kind == FailureKind::runtime || !failure.doing.starts_with(exec)) throw;
            const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
            const std::string path = failure.doing.substr(exec.size());
            const auto cause = rootfs::explain_refused_program(root.get(), path, plan_.mappings);
            if (!cause) throw;
            // The kernel's words first: engines match them.
            failure.doing = concat(failure.doing, ": ", errno_text(failure.code));
            failure.code = 0;
            failure.reason = *cause;
            failure.hint = who_needs_the_right(*plan_.process);
            throw Error(std::move(failure));
        }
    }

    std::string who_needs_the_right(const plan::Process& process) const {
        const std::uint32_t uid = process.credentials.uid;
        std::string text = concat("the process is uid ", uid, " of the container");
        if (plan_.mappings.mapped) text += concat(" (host uid ", plan_.mappings.uid_to_host(uid).value_or(uid), ")");
        return text + ": allow it in the rootfs (chmod o+x), or give the file to an id that the mapping has";
    }

    void wait_for_start() {
        // From here on the container outlives the runtime; should that die before it has recorded the container, the line
        // ends and so does init.
        if (::getpid() == 1) os::end_on_signals();
        os::set_parent_death_signal(0);
        line_.perform(Step::ready, [] {});
        line_.await(Step::commit);
        if (!task_.start_listener) return;
        os::close_all_but({task_.start_listener.get()});
        line_.release().release();  // closed by the line above
        starter_ = os::accept_connection(task_.start_listener.get());
        task_.start_listener.reset();
    }

    Task task_;
    const plan::Plan& plan_;
    Line line_;
    os::UniqueFd starter_;
};

}  // namespace

std::vector<std::size_t> mounts_to_send(const plan::Rootfs& plan, std::size_t first) {
    constexpr std::size_t at_a_time = 8;
    std::vector<std::size_t> mounts{first};
    for (std::size_t i = first + 1; i < plan.mounts.size() && mounts.size() < at_a_time; ++i) {
        if (plan.mounts[i].opened_by_runtime) mounts.push_back(i);
    }
    return mounts;
}

Sequence sequence_of(const plan::Plan& plan) {
    Sequence sequence{Step::join_cgroups};
    if (plan.namespaces.creates(NamespaceType::user)) sequence.push_back(Step::map_ids);
    sequence.insert(sequence.end(), {Step::prepare_rootfs, Step::ready, Step::commit});
    return sequence;
}

void run(Task task) noexcept {
    Life life(std::move(task));
    try {
        life.live();
    } catch (const Error& error) {
        send_failure(life.channel(), error.failure());
    } catch (const std::bad_alloc&) {
        send_failure(life.channel(), {.doing = "go on", .code = ENOMEM});
    } catch (const std::exception& error) {
        send_failure(life.channel(), {.doing = "go on", .reason = concat("a mistake in rt: ", error.what())});
    }
    ::_exit(1);
}

}  // namespace rt::init
