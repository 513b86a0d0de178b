/* Preloaded into a runtime that gives up when it may not raise RLIMIT_MEMLOCK, as root without CAP_SYS_RESOURCE may not. Since
 * Linux 5.11 that limit has nothing to do with BPF, for which it is raised: the answer is that it has been. */
#include <errno.h>
#include <sys/resource.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit* limit) {
    const int result = prlimit(0, resource, limit, 0);
    return result < 0 && resource == RLIMIT_MEMLOCK && errno == EPERM ? 0 : result;
}
