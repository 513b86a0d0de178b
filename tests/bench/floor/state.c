#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "floor.h"

static void state_path(char* path, size_t size, const struct options* options, const char* id, const char* file) {
    snprintf(path, size, "%s/%s%s", options->root, id, file);
}

void write_state(const struct options* options, const char* id, pid_t pid) {
    char path[300], text[512];
    mkdir(options->root, 0700); /* there already, after the first container */
    state_path(path, sizeof path, options, id, "");
    CHECK(mkdir(path, 0700));
    state_path(path, sizeof path, options, id, "/state");
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd);
    /* As long as a real state is: the kernel copies it. */
    int length = snprintf(text, sizeof text, "%-10d\n%*s", pid, 300, "");
    CHECK(write(fd, text, (size_t)length));
    close(fd);
}

void update_state(const struct options* options, const char* id, pid_t pid) {
    char path[300], text[16];
    state_path(path, sizeof path, options, id, "/state");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd);
    int length = snprintf(text, sizeof text, "%-10d", pid);
    CHECK(write(fd, text, (size_t)length));
    close(fd);
}

pid_t read_state(const struct options* options, const char* id) {
    char path[300], text[32] = "";
    state_path(path, sizeof path, options, id, "/state");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd);
    CHECK(read(fd, text, sizeof text - 1));
    close(fd);
    return atoi(text);
}

void remove_state(const struct options* options, const char* id) {
    static const char* const files[] = {"/state", "/start"};
    char path[300];
    for (int i = 0; i < 2; i++) {
        state_path(path, sizeof path, options, id, files[i]);
        unlink(path);
    }
    state_path(path, sizeof path, options, id, "");
    rmdir(path);
}

int open_start(const struct options* options, const char* id, int make) {
    char path[300];
    state_path(path, sizeof path, options, id, "/start");
    if (make) CHECK(mkfifo(path, 0600));
    /* Both sides in the waiting one: it does not wait for a writer to appear when it opens. */
    int fd = open(path, (make ? O_RDWR : O_WRONLY) | O_CLOEXEC);
    CHECK(fd);
    return fd;
}
