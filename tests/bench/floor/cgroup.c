#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "floor.h"

static void cgroup_path(char* path, size_t size, const char* id) { snprintf(path, size, "/sys/fs/cgroup/%s", id); }

int open_cgroup(const char* id) {
    char path[256];
    cgroup_path(path, sizeof path, id);
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(fd);
    return fd;
}

int make_cgroup(const char* id) {
    char path[256];
    cgroup_path(path, sizeof path, id);
    CHECK(mkdir(path, 0755));
    return open_cgroup(id);
}

void remove_cgroup(const char* id) {
    char path[256];
    cgroup_path(path, sizeof path, id);
    /* The last process has been waited for, but leaves its cgroup a moment later. */
    for (int i = 0; rmdir(path) < 0 && errno == EBUSY && i < 5000; i++) usleep(100);
}

/* The rules of the default specification: mknod of anything; read and write of the devices that every container has
 * (1:3 null, 1:5 zero, 1:7 full, 1:8 random, 1:9 urandom, 5:0 tty, 5:2 ptmx, 136:* pts); nothing else. */
void attach_device_rules(int cgroup) {
    enum {
        LOAD = 0x61,
        MOVE = 0xbf,
        SET = 0xb7,
        SHIFT = 0x77,
        EQUAL = 0x15,
        DIFFERENT = 0x55,
        JUMP = 0x05,
        EXIT = 0x95
    };
    const struct bpf_insn program[] = {
        {LOAD, 2, 1, 0, 0},                                                /* r2: type and access */
        {MOVE, 3, 2, 0, 0},      {SHIFT, 3, 0, 0, 16},                     /* r3: the access */
        {LOAD, 4, 1, 4, 0},      {LOAD, 5, 1, 8, 0},                       /* r4: major, r5: minor */
        {SET, 0, 0, 0, 1},                                                 /* allowed, */
        {DIFFERENT, 3, 0, 1, 1}, {EXIT, 0, 0, 0, 0},                       /* when it is mknod, */
        {EQUAL, 4, 0, 1, 136},   {JUMP, 0, 0, 1, 0},   {EXIT, 0, 0, 0, 0}, /* or a terminal, */
        {DIFFERENT, 4, 0, 6, 1},                                           /* or 1: and one of these, */
        {EQUAL, 5, 0, 4, 3},     {EQUAL, 5, 0, 3, 5},  {EQUAL, 5, 0, 2, 7},     {EQUAL, 5, 0, 1, 8},
        {DIFFERENT, 5, 0, 1, 9}, {EXIT, 0, 0, 0, 0},   {DIFFERENT, 4, 0, 3, 5}, {EQUAL, 5, 0, 1, 0},
        {DIFFERENT, 5, 0, 1, 2}, {EXIT, 0, 0, 0, 0}, /* or 5: and these; */
        {SET, 0, 0, 0, 0},       {EXIT, 0, 0, 0, 0}, /* refused otherwise. */
    };
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                           .insns = (uintptr_t)program,
                           .insn_cnt = sizeof program / sizeof *program,
                           .license = (uintptr_t)"GPL"};
    int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    CHECK(fd);
    union bpf_attr attach = {.target_fd = (unsigned)cgroup,
                             .attach_bpf_fd = (unsigned)fd,
                             .attach_type = BPF_CGROUP_DEVICE,
                             .attach_flags = BPF_F_ALLOW_MULTI};
    CHECK(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));
    close(fd);
}
