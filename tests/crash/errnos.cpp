#include "errnos.hpp"

#include <sys/syscall.h>

#include <cerrno>
#include <map>

namespace crash {

namespace {

using Errnos = std::vector<int>;

Errnos errnos_of_files(long system_call) {
    static const std::map<long, Errnos> table{
        {SYS_openat, {EMFILE, ENOMEM, EIO}},
        {SYS_openat2, {EMFILE, ENOMEM, EIO}},
        {SYS_read, {EINTR, EIO}},
        {SYS_write, {EINTR, ENOSPC, EIO}},
        {SYS_close, {EINTR, EIO}},
        {SYS_mkdirat, {ENOSPC, EROFS, ENOMEM}},
        {SYS_unlinkat, {EIO, EBUSY}},
        {SYS_renameat, {ENOSPC, EIO}},
        {SYS_renameat2, {ENOSPC, EIO}},
        {SYS_linkat, {ENOSPC, EIO}},
        {SYS_symlinkat, {ENOSPC, EIO}},
        {SYS_mknodat, {ENOSPC, EPERM}},
        {SYS_newfstatat, {ENOMEM, EIO}},
        {SYS_fstat, {EIO}},
        {SYS_statx, {ENOMEM, EIO}},
        {SYS_fstatfs, {EIO}},
        {SYS_statfs, {EIO}},
        {SYS_readlinkat, {ENOMEM, EIO}},
        {SYS_getdents64, {EIO}},
        {SYS_faccessat2, {ENOMEM, EIO}},
        {SYS_fchmod, {EPERM, EIO}},
        {SYS_fchown, {EPERM}},
        {SYS_fchownat, {EPERM}},
        {SYS_flock, {EINTR, ENOLCK, ENOMEM}},
        {SYS_fcntl, {EMFILE, EPERM}},
        {SYS_dup3, {EMFILE, EBUSY}},
        {SYS_ftruncate, {EINTR, EIO}},
        {SYS_memfd_create, {EMFILE, ENOMEM}},
        {SYS_fchdir, {EACCES}},
        {SYS_chdir, {ENOMEM, EIO}},
        {SYS_ioctl, {EIO}},
        {SYS_getcwd, {ENOMEM}},
#ifdef SYS_open
        {SYS_open, {EMFILE, ENOMEM, EIO}},
        {SYS_stat, {ENOMEM, EIO}},
        {SYS_lstat, {ENOMEM, EIO}},
        {SYS_mkdir, {ENOSPC, EROFS, ENOMEM}},
        {SYS_rmdir, {EBUSY, EIO}},
        {SYS_unlink, {EIO, EBUSY}},
        {SYS_rename, {ENOSPC, EIO}},
        {SYS_readlink, {ENOMEM, EIO}},
        {SYS_dup2, {EMFILE, EBUSY}},
#endif
    };
    const auto found = table.find(system_call);
    return found == table.end() ? Errnos{} : found->second;
}

Errnos errnos_of_processes(long system_call) {
    static const std::map<long, Errnos> table{
        {SYS_clone3, {EAGAIN, ENOMEM, EPERM}},
        {SYS_clone, {EAGAIN, ENOMEM}},
        {SYS_execve, {ENOMEM, EACCES, EIO}},
        {SYS_execveat, {ENOMEM, EACCES}},
        {SYS_waitid, {EINTR}},
        {SYS_wait4, {EINTR}},
        {SYS_pidfd_open, {EMFILE, ENOMEM}},
        {SYS_pidfd_send_signal, {EPERM}},
        {SYS_kill, {EPERM}},
        {SYS_setns, {EPERM, ENOMEM}},
        {SYS_unshare, {EPERM, ENOSPC, ENOMEM}},
        {SYS_setresuid, {EAGAIN, EPERM}},
        {SYS_setresgid, {EPERM}},
        {SYS_setgroups, {ENOMEM, EPERM}},
        {SYS_capset, {EPERM}},
        {SYS_prctl, {EPERM, ENOMEM}},
        {SYS_seccomp, {ENOMEM, EACCES}},
        {SYS_keyctl, {EDQUOT, ENOMEM}},
        {SYS_prlimit64, {EPERM}},
        {SYS_sched_setaffinity, {EPERM, EINVAL}},
        {SYS_setsid, {EPERM}},
        {SYS_mmap, {ENOMEM}},
        {SYS_mprotect, {ENOMEM}},
        {SYS_mremap, {ENOMEM}},
        {SYS_munmap, {ENOMEM}},
        {SYS_bpf, {EPERM, ENOMEM}},
        {SYS_getrandom, {EINTR}},
#ifdef SYS_fork
        {SYS_fork, {EAGAIN, ENOMEM}},
        {SYS_vfork, {EAGAIN, ENOMEM}},
#endif
    };
    const auto found = table.find(system_call);
    return found == table.end() ? Errnos{} : found->second;
}

Errnos errnos_of_mounts(long system_call) {
    switch (system_call) {
        case SYS_mount:
        case SYS_umount2:
        case SYS_move_mount:
        case SYS_pivot_root: return {EBUSY, EPERM, ENOMEM};
        case SYS_open_tree:
        case SYS_fsopen:
        case SYS_fsconfig:
        case SYS_fsmount: return {EPERM, ENOMEM, EMFILE};
        case SYS_mount_setattr: return {EPERM, EBUSY};
        case SYS_sethostname:
        case SYS_setdomainname: return {EPERM};
        default: return {};
    }
}

Errnos errnos_of_sockets(long system_call) {
    switch (system_call) {
        case SYS_socket:
        case SYS_socketpair: return {EMFILE, ENOMEM};
        case SYS_bind: return {ENOSPC, ENOMEM};
        case SYS_listen: return {ENOMEM};
        case SYS_connect: return {EINTR, ECONNREFUSED};
        case SYS_accept4: return {EINTR, EMFILE, ENOMEM};
        case SYS_sendmsg:
        case SYS_sendto: return {EINTR, ENOBUFS, ENOMEM};
        case SYS_recvmsg:
        case SYS_recvfrom: return {EINTR, ENOMEM, ECONNRESET};
        case SYS_setsockopt: return {ENOMEM};
        case SYS_ppoll: return {EINTR, ENOMEM};
        case SYS_signalfd4: return {EMFILE, ENOMEM};
        case SYS_inotify_add_watch: return {ENOSPC};
        case SYS_futex: return {EINTR};
#ifdef SYS_poll
        case SYS_poll: return {EINTR, ENOMEM};
#endif
        default: return {};
    }
}

}  // namespace

std::vector<int> plausible_errnos(long system_call) {
    for (const auto& errnos_of : {errnos_of_files, errnos_of_processes, errnos_of_mounts, errnos_of_sockets}) {
        Errnos found = errnos_of(system_call);
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace crash
