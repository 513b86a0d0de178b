/* floor [OPTION...] run    ID ROOTFS PROGRAM [ARG...]
 * floor [OPTION...] create ID ROOTFS PROGRAM [ARG...]   prepared, and waiting for start
 * floor [OPTION...] exec   ID PROGRAM [ARG...]
 * floor [OPTION...] start|state|kill|delete ID
 *   -R DIR      where the state is kept          -u LINES   a user namespace with these lines of uid_map and gid_map
 *   -s FILE     a compiled seccomp program       -n LETTERS namespaces among m p n i u c (default mpniu)
 *   -b N -B DIR binds DIR/0 ... DIR/N-1 to /mnt/0 ... /mnt/N-1 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

void give_up(const char* what) {
    dprintf(STDERR_FILENO, "floor: %s: %s\n", what, strerror(errno));
    _exit(125);
}

void write_file(const char* path, const char* text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd);
    CHECK(write(fd, text, strlen(text)));
    close(fd);
}

static int run(const struct options* options, struct container* container) {
    int status;
    CHECK(waitpid(launch(options, container), &status, 0));
    remove_cgroup(container->id);
    remove_state(options, container->id);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int start(const struct options* options, const char* id) {
    int fd = open_start(options, id, 0);
    CHECK(write(fd, "", 1));
    return 0;
}

static int show_state(const struct options* options, const char* id) {
    char path[64], text[512];
    pid_t pid = read_state(options, id);
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text);
    dprintf(STDOUT_FILENO, "{\"pid\": %d, \"status\": \"%s\"}\n", pid, length > 0 ? "running" : "stopped");
    return 0;
}

static int end_init(const struct options* options, const char* id) {
    pid_t pid = read_state(options, id);
    return pid <= 0 || kill(pid, SIGKILL) < 0; /* 0, of a start that failed, would be the group of the caller */
}

static int delete(const struct options* options, const char* id) {
    remove_cgroup(id);
    remove_state(options, id);
    return 0;
}

static int command(const struct options* options, int count, char** words) {
    const char *name = words[0], *id = words[1];
    if (!strcmp(name, "start")) return start(options, id);
    if (!strcmp(name, "state")) return show_state(options, id);
    if (!strcmp(name, "kill")) return end_init(options, id);
    if (!strcmp(name, "delete")) return delete (options, id);
    if (!strcmp(name, "exec") && count > 2) return execute_in(options, id, words + 2);
    if (count < 4) return 2;
    struct container container = {.id = id, .rootfs = words[2], .args = words + 3, .start = -1};
    if (!strcmp(name, "run")) return run(options, &container);
    container.start = 0;
    if (!strcmp(name, "create")) return launch(options, &container) < 0;
    return 2;
}

int main(int argc, char** argv) {
    struct options options = {.root = "/run/floor", .namespaces = "mpniu"};
    for (int option; (option = getopt(argc, argv, "+R:u:s:n:b:B:")) != -1;) switch (option) {
            case 'R': options.root = optarg; break;
            case 'u': options.map = optarg; break;
            case 's': options.filter = optarg; break;
            case 'n': options.namespaces = optarg; break;
            case 'b': options.binds = atoi(optarg); break;
            case 'B': options.bind_source = optarg; break;
            default: return 2;
        }
    return argc - optind < 2 ? 2 : command(&options, argc - optind, argv + optind);
}
