#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

/* <sched.h> collides with <linux/sched.h>, which has clone_args. */
extern int setns(int fd, int type);
extern int sethostname(const char* name, size_t length);

static uint64_t namespace_flags(const struct options* options) {
    static const struct {
        char letter;
        uint64_t flag;
    } types[] = {{'m', CLONE_NEWNS},  {'p', CLONE_NEWPID}, {'n', CLONE_NEWNET},
                 {'i', CLONE_NEWIPC}, {'u', CLONE_NEWUTS}, {'c', CLONE_NEWCGROUP}};
    uint64_t flags = options->map ? CLONE_NEWUSER : 0;
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
        if (strchr(options->namespaces, types[i].letter)) flags |= types[i].flag;
    return flags;
}

static void become_root(const struct options* options) {
    if (!options->map) return;
    CHECK(setresgid(0, 0, 0));
    CHECK(setresuid(0, 0, 0));
}

_Noreturn static void be_init(const struct options* options, const struct container* container) {
    char byte = 0;
    if (container->parent >= 0) CHECK(read(container->parent, &byte, 1)); /* the ids are mapped now */
    become_root(options);
    make_mounts(options, container->rootfs);
    CHECK(sethostname("floor", 5));
    const struct rlimit files = {1024, 1024};
    CHECK(setrlimit(RLIMIT_NOFILE, &files));
    CHECK(setsid());
    if (container->start >= 0) {
        CHECK(write(container->parent, &byte, 1)); /* everything is prepared */
        CHECK(read(container->start, &byte, 1));
    }
    execute(container->args, &container->filter);
}

static pid_t clone_into(int cgroup, uint64_t flags) {
    struct clone_args args = {.flags = flags | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup};
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    CHECK(pid);
    return pid;
}

static void map_ids(pid_t pid, const char* map) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    write_file(path, map);
    snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
    write_file(path, map);
}

pid_t launch(const struct options* options, struct container* container) {
    int cgroup = make_cgroup(container->id);
    attach_device_rules(cgroup);
    container->filter = load_filter(options->filter);
    write_state(options, container->id, 0);
    int waits = container->start >= 0;
    if (waits) container->start = open_start(options, container->id, 1);
    int sockets[2] = {-1, -1};
    int talk = options->map || waits;
    if (talk) CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets));
    container->parent = sockets[0];

    pid_t pid = clone_into(cgroup, namespace_flags(options));
    if (pid == 0) {
        if (talk) close(sockets[1]); /* or the read below would wait for ever when the parent dies */
        be_init(options, container);
    }
    close(cgroup);
    if (options->map) map_ids(pid, options->map);
    if (talk) {
        char byte = 0;
        close(sockets[0]);
        CHECK(write(sockets[1], &byte, 1));
        if (waits && read(sockets[1], &byte, 1) != 1) {
            errno = ECHILD;
            give_up("the child");
        }
        close(sockets[1]);
    }
    if (waits) update_state(options, container->id, pid);
    return pid;
}

int execute_in(const struct options* options, const char* id, char** args) {
    const struct sock_fprog filter = load_filter(options->filter);
    int process = (int)syscall(SYS_pidfd_open, read_state(options, id), 0);
    CHECK(process);
    int cgroup = open_cgroup(id);
    /* The caller itself joins all at once; the pid namespace is that of its next child. */
    CHECK(setns(process, (int)namespace_flags(options)));
    pid_t pid = clone_into(cgroup, 0);
    if (pid == 0) {
        become_root(options);
        execute(args, &filter);
    }
    int status;
    CHECK(waitpid(pid, &status, 0));
    return WEXITSTATUS(status);
}
