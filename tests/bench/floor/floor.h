/* The floor: what the kernel itself asks for a container, and nothing else. No JSON, no library, nothing is validated:
 * a yardstick, not a runtime. Each file has one piece of the work; main.c says how it is called. */
#pragma once
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

struct options {
    const char* root;        /* where the state of containers is kept */
    const char* map;         /* the lines of uid_map and gid_map, NULL: no user namespace */
    const char* filter;      /* a file with a seccomp program, NULL: none */
    const char* namespaces;  /* letters: m p n i u c */
    const char* bind_source; /* directories 0, 1, ... below it are bound to /mnt/0, /mnt/1, ... */
    int binds;
};

struct container {
    const char* id;
    const char* rootfs;
    char** args;
    struct sock_fprog filter; /* loaded before the child is born: both sides need it only once */
    int start;                /* the child waits here for start; -1: it does not wait */
    int parent; /* the child's end of the socket to its parent; -1: they have nothing to tell each other */
};

/* Ends the program with the reason in errno. */
_Noreturn void give_up(const char* what);
#define CHECK(call)                           \
    do {                                      \
        if ((long)(call) < 0) give_up(#call); \
    } while (0)

void write_file(const char* path, const char* text);

/* cgroup.c: the cgroup of a container, as an open directory; its device rules; its end. */
int make_cgroup(const char* id);
int open_cgroup(const char* id);
void attach_device_rules(int cgroup);
void remove_cgroup(const char* id);

/* state.c: one directory with one small file per container, and the FIFO that start writes to. */
void write_state(const struct options* options, const char* id, pid_t pid);
void update_state(const struct options* options, const char* id, pid_t pid);
pid_t read_state(const struct options* options, const char* id);
void remove_state(const struct options* options, const char* id);
int open_start(const struct options* options, const char* id, int make);

/* mounts.c: from the mounts of the default specification to pivot_root. */
void make_mounts(const struct options* options, const char* rootfs);

/* program.c: the last steps before the program of the container. */
struct sock_fprog load_filter(const char* path);
_Noreturn void execute(char** args, const struct sock_fprog* filter);

/* launch.c: a container from nothing to its running (or waiting) program; exec in one. */
pid_t launch(const struct options* options, struct container* container);
int execute_in(const struct options* options, const char* id, char** args);
