/* stopwatch FILE COMMAND [ARG...]: runs COMMAND and writes to FILE: microseconds of the wall clock, microseconds of CPU
 * (user and system, of COMMAND and of all that it waited for), KiB of the largest process, status of wait(2).
 *
 * A small program of its own, because a process begins its life with the memory of the one that started it: started by
 * an interpreter, the largest process would be the interpreter. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    long long begin = microseconds();
    pid_t pid = vfork();
    if (pid == 0) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    struct rusage usage;
    int status;
    if (wait4(pid, &status, 0, &usage) < 0) return 1;
    long long wall = microseconds() - begin;
    long long cpu =
        (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return dprintf(fd, "%lld %lld %ld %d\n", wall, cpu, usage.ru_maxrss, status) < 0;
}
