#include "rt/os/process.hpp"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/namespace_type.hpp"

namespace rt::os {

namespace {

constexpr auto wait_by_pidfd = static_cast<idtype_t>(3);  // P_PIDFD, absent from older C libraries

std::optional<ExitStatus> wait_with(idtype_t type, int process, int options) {
    siginfo_t info{};
    while (::waitid(type, static_cast<id_t>(process), &info, WEXITED | options) < 0) {
        if (errno != EINTR) throw_errno("wait for", "a child process");
    }
    if (info.si_pid == 0) return std::nullopt;
    if (info.si_code == CLD_EXITED) return ExitStatus{.status = info.si_status};
    return ExitStatus{.status = 0, .signal = info.si_status};
}

std::string names_of(std::uint64_t flags) {
    std::string names;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if ((flags & entry.clone_flag) == 0) continue;
        if (!names.empty()) names += ", ";
        names += entry.name;
    }
    return names;
}

}  // namespace

std::optional<Clone> try_clone_process(std::uint64_t flags, int cgroup) noexcept {
    int pidfd = -1;
    clone_args arguments{};
    arguments.flags = flags | CLONE_PIDFD;
    arguments.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(cgroup);
    }
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) return std::nullopt;
    return Clone{.pid = static_cast<pid_t>(pid), .pidfd = UniqueFd(pid == 0 ? -1 : pidfd)};
}

std::optional<Clone> try_fork() noexcept {
    const pid_t pid = ::fork();
    if (pid < 0) return std::nullopt;
    return Clone{.pid = pid, .pidfd = pid == 0 ? UniqueFd() : try_open_pidfd(pid)};
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

ExitStatus wait_for(int pidfd) { return *wait_with(wait_by_pidfd, pidfd, 0); }

std::optional<ExitStatus> try_wait_for(int pidfd) { return wait_with(wait_by_pidfd, pidfd, WNOHANG); }

ExitStatus wait_for_process(pid_t pid) { return *wait_with(P_PID, pid, 0); }

std::optional<ExitStatus> try_wait_for_process(pid_t pid) { return wait_with(P_PID, pid, WNOHANG); }

UniqueFd try_open_pidfd(pid_t pid) noexcept { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

int try_send_signal(int pidfd, int signal) noexcept {
    return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) < 0 ? errno : 0;
}

bool has_ended(int pidfd, int patience) noexcept {
    pollfd poll_fd{.fd = pidfd, .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&poll_fd, 1, patience);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

int try_join_namespace(int fd, int flag) noexcept { return ::setns(fd, flag) < 0 ? errno : 0; }

void unshare_namespaces(std::uint64_t flags) {
    if (::unshare(static_cast<int>(flags)) < 0) throw_errno("make the namespaces", names_of(flags));
}

void set_parent_death_signal(int signal) {
    if (::prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0) throw_errno("set the parent death signal", "");
}

void set_dumpable(bool on) {
    if (::prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0) < 0) throw_errno("set the dumpable flag", "");
}

}  // namespace rt::os
