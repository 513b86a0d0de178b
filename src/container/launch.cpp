#include "rt/container/launch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/namespace_visit.hpp"
#include "rt/host/namespace_switches.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"
#include "rt/os/procfs.hpp"
#include "rt/os/socket.hpp"

namespace rt::container {

namespace {

[[noreturn]] void throw_refused_clone(const char* what, std::uint64_t flags, int code) {
    host::NamespaceRefusal refusal = host::explain_refused_namespaces(os::Procfs::open_for_self().fd(), flags, code);
    if (code == ENOMEM) refusal.hint = "the joined pid namespace has no init any more, or memory is short";
    if (code == EAGAIN) refusal.hint = "a limit of processes is reached: see ulimit -u and pids.max of the cgroup";
    throw_errno("start", what, code, std::move(refusal.reason), std::move(refusal.hint));
}

bool contains(const std::vector<NamespaceType>& types, NamespaceType type) {
    return std::ranges::find(types, type) != types.end();
}

// `Cgroups`: cgroup::Cgroup or cgroup::Place.
template <class Cgroups>
std::optional<os::Clone> clone_into(std::uint64_t flags, Cgroups& cgroups) {
    for (;;) {
        std::optional<os::Clone> clone = os::try_clone_process(flags, cgroups.birth_fd());
        const int code = errno;
        if (clone) return clone;
        if (cgroups.refused_birth(code)) continue;
        errno = code;
        return std::nullopt;
    }
}

// A working directory moves into a new mount namespace with its process, which need not walk there (unshare(2)), nor have
// the right to: the caller has it, who is back home at the end.
class BornIn {
public:
    BornIn(int directory, const std::string& name) {
        if (directory < 0) return;
        home_ = os::open_at(AT_FDCWD, ".", O_PATH | O_DIRECTORY);
        if (::fchdir(directory) < 0) throw_errno("enter", name);
    }
    BornIn(const BornIn&) = delete;
    BornIn& operator=(const BornIn&) = delete;
    ~BornIn() {
        if (home_ && ::fchdir(home_.get()) < 0) log::warning("rt could not return to its working directory");
    }

private:
    os::UniqueFd home_;
};

os::Child receive_init(int line, os::Child before_init) {
    const os::Packet packet = os::receive_packet(line);
    std::optional<init::Message> message = packet.end_of_file ? std::nullopt : init::decode(packet.data);
    if (message && message->failure) throw Error(*std::move(message->failure));
    if (!message || message->kind != init::Message::Kind::init_pid) throw init::PeerGone(init::Step::join_cgroups);
    return follow_clone(std::move(before_init), *message);
}

}  // namespace

os::Child follow_clone(os::Child before, const init::Message& message) {
    before.wait();
    // CLONE_PARENT: it is a child of this process too, so its pid cannot be reused before it is waited for.
    const auto pid = static_cast<pid_t>(message.first);
    os::UniqueFd pidfd = os::try_open_pidfd(pid);
    if (!pidfd) throw_errno("open a descriptor of", concat("process ", pid));
    return {pid, std::move(pidfd)};
}

os::Child launch(init::Task task, cgroup::Cgroup& cgroup, int line) {
    const trace::Span span("give birth to init");
    const plan::NamespaceSteps& steps = task.plan->namespace_steps;
    const BornIn rootfs_directory(task.rootfs_directory.get(), task.plan->rootfs.path);
    NamespaceVisit visit(task.namespaces, steps.visited);
    std::optional<os::Clone> clone = clone_into(steps.clone_flags, cgroup);
    if (clone && clone->pid == 0) {
        std::erase_if(task.namespaces,
                      [&](const init::OpenNamespace& entry) { return contains(steps.visited, entry.type); });
        init::run(std::move(task));
    }
    const int code = errno;
    visit.go_home();
    if (!clone) throw_refused_clone("init", steps.clone_flags, code);
    task.line.reset();
    os::Child first(clone->pid, std::move(clone->pidfd));
    if (!steps.second_clone) return first;
    return receive_init(line, std::move(first));
}

os::Child launch(init::ExecTask task, cgroup::Place& place) {
    const trace::Span span("give birth to the process");
    const plan::Exec& plan = *task.plan;
    if (plan.born_in_pid_namespace) {
        // For the children of this process only, of which there is no other: there is no need to come back.
        const int code = os::try_join_namespace(task.init.get(), CLONE_NEWPID);
        if (code != 0) throw_errno("join the pid namespace of", "the container", code);
    }
    // Whoever is in it must not be able to look into a process that still is partly of the host (CVE-2026-41163).
    os::set_dumpable(false);
    std::optional<os::Clone> clone = clone_into(0, place);
    if (clone && clone->pid == 0) init::run(std::move(task));
    if (!clone) throw_refused_clone("the process", 0, errno);
    task.line.reset();
    return {clone->pid, std::move(clone->pidfd)};
}

}  // namespace rt::container
