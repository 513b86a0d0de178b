#include "rt/container/launch.hpp"

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/container/namespace_visit.hpp"
#include "rt/os/socket.hpp"

namespace rt::container {

namespace {

// clone(2), namespaces(7): which switch or limit stands behind the errno.
std::string hint_for(int code, std::uint64_t flags) {
    if (code == ENOSPC || code == EUSERS) {
        return "a limit of namespaces is reached: see /proc/sys/user/max_user_namespaces and its neighbours";
    }
    if (code == EPERM && (flags & CLONE_NEWUSER) != 0) {
        return "making user namespaces is switched off for this user: see /proc/sys/kernel/unprivileged_userns_clone, "
               "/proc/sys/kernel/apparmor_restrict_unprivileged_userns and /proc/sys/user/max_user_namespaces";
    }
    if (code == EPERM) return "new namespaces need CAP_SYS_ADMIN: run rt as root, or list a user namespace too";
    if (code == ENOMEM) return "the joined pid namespace has no init any more, or memory is short";
    if (code == EAGAIN) return "a limit of processes is reached: see ulimit -u and pids.max of the cgroup";
    return {};
}

bool contains(const std::vector<NamespaceType>& types, NamespaceType type) {
    return std::ranges::find(types, type) != types.end();
}

std::optional<os::Clone> clone_into(std::uint64_t flags, cgroup::Cgroup& cgroup) noexcept {
    std::optional<os::Clone> clone = os::try_clone_process(flags, cgroup.birth_fd());
    // Refused where the cgroup may hold no process now (cgroups(7), "no internal processes") or on a frozen one: join()
    // then says why.
    if (clone || cgroup.birth_fd() < 0 || (errno != EBUSY && errno != EOPNOTSUPP)) return clone;
    cgroup.join_after_birth();
    return os::try_clone_process(flags, -1);
}

os::Child receive_init(int line, os::Child before_init) {
    const os::Packet packet = os::receive_packet(line);
    std::optional<init::Message> message = packet.end_of_file ? std::nullopt : init::decode(packet.data);
    if (message && message->failure) throw Error(*std::move(message->failure));
    if (!message || message->kind != init::Message::Kind::init_pid) throw init::PeerGone(init::Step::join_cgroups);
    before_init.wait();
    // CLONE_PARENT: init is a child of this process too, so its pid cannot be reused before it is waited for.
    const auto pid = static_cast<pid_t>(message->first);
    os::UniqueFd pidfd = os::try_open_pidfd(pid);
    if (!pidfd) throw_errno("open a descriptor of", "init");
    return {pid, std::move(pidfd)};
}

}  // namespace

os::Child launch(init::Task task, cgroup::Cgroup& cgroup, int line) {
    const plan::NamespaceSteps& steps = task.plan->namespace_steps;
    NamespaceVisit visit(task.namespaces, steps.visited);
    std::optional<os::Clone> clone = clone_into(steps.clone_flags, cgroup);
    if (clone && clone->pid == 0) {
        std::erase_if(task.namespaces,
                      [&](const init::OpenNamespace& entry) { return contains(steps.visited, entry.type); });
        init::run(std::move(task));
    }
    const int code = errno;
    visit.go_home();
    if (!clone) throw_errno("start", "init", code, "", hint_for(code, steps.clone_flags));
    task.line.reset();
    os::Child first(clone->pid, std::move(clone->pidfd));
    if (!steps.second_clone) return first;
    return receive_init(line, std::move(first));
}

}  // namespace rt::container
