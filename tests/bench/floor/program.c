#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "floor.h"

struct sock_fprog load_filter(const char* path) {
    struct sock_fprog filter = {0};
    if (!path) return filter;
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd);
    CHECK(fstat(fd, &status));
    filter.filter = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    filter.len = (unsigned short)((size_t)status.st_size / sizeof *filter.filter);
    close(fd);
    return filter;
}

/* The three capabilities of the default specification. */
static void reduce_capabilities(void) {
    static const int kept[] = {CAP_AUDIT_WRITE, CAP_KILL, CAP_NET_BIND_SERVICE};
    uint32_t bits = 0;
    for (int i = 0; i < 3; i++) bits |= 1u << kept[i];
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (capability > 31 || !(bits >> capability & 1)) prctl(PR_CAPBSET_DROP, capability);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{bits, bits, 0}, {0, 0, 0}};
    CHECK(syscall(SYS_capset, &header, data));
}

void execute(char** args, const struct sock_fprog* filter) {
    static char* const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                        "TERM=xterm", NULL};
    reduce_capabilities();
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (filter->len) CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter));
    execve(args[0], args, environment);
    give_up(args[0]);
}
