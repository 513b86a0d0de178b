#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::os {

/// What clone3(2) answers: in the parent the pid and a pidfd, in the child a pid of 0.
struct Clone {
    pid_t pid = 0;
    UniqueFd pidfd;
};

/// clone3(2) with SIGCHLD and CLONE_PIDFD. `cgroup`: a cgroup v2 directory in which the child is born, or -1.
/// `flags`: CLONE_NEW* and CLONE_PARENT. An empty answer carries errno.
std::optional<Clone> try_clone_process(std::uint64_t flags, int cgroup) noexcept;

/// fork(2), and a pidfd where the kernel gives one: for a process whose seccomp filter may deny clone3(2) and pidfd_open(2),
/// as the customary profiles do. An empty answer carries errno.
std::optional<Clone> try_fork() noexcept;

/// The pointers that execve(2) takes, to texts that stay where they are.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

/// How a process ended: its exit status, or the signal that ended it.
struct ExitStatus {
    int status = 0;
    int signal = 0;  ///< 0 when it ended by itself

    /// As a shell shows it: the status, or 128 + the signal.
    int shell_status() const noexcept { return signal != 0 ? 128 + signal : status; }
};

/// Waits for a child by its pidfd, never for any child. \throws Error (waitid(2))
ExitStatus wait_for(int pidfd);
/// The same without blocking; empty while it runs.
std::optional<ExitStatus> try_wait_for(int pidfd);
/// The same two by the pid of a child that nobody else waits for.
ExitStatus wait_for_process(pid_t pid);
std::optional<ExitStatus> try_wait_for_process(pid_t pid);

/// pidfd_open(2); empty with errno set (ESRCH: no such process).
UniqueFd try_open_pidfd(pid_t pid) noexcept;
/// pidfd_send_signal(2); 0 or errno.
int try_send_signal(int pidfd, int signal) noexcept;
/// Whether the process has ended (a zombie has): its pidfd polls readable. Waits for that, at most so many milliseconds.
bool has_ended(int pidfd, int patience = 0) noexcept;

/// setns(2); `flag` is the CLONE_NEW* of the type it must be, or 0. 0 or errno.
int try_join_namespace(int fd, int flag) noexcept;
/// unshare(2). \throws Error naming the namespaces
void unshare_namespaces(std::uint64_t flags);

/// PR_SET_PDEATHSIG: the kernel sends the signal when the parent dies; 0 takes it back. \throws Error
void set_parent_death_signal(int signal);
/// PR_SET_DUMPABLE: whether others of the same user may ptrace it and open its /proc files. \throws Error
void set_dumpable(bool on);

}  // namespace rt::os
