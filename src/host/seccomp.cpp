#include "rt/host/seccomp.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace rt::host {

std::uint32_t seccomp_flags() noexcept {
    std::uint32_t known = 0;
    constexpr unsigned most_flags = 6;  // linux/seccomp.h: what it has no name for, no configuration can ask for
    for (unsigned bit = 0; bit < most_flags; ++bit) {
        const std::uint32_t flag = std::uint32_t{1} << bit;
        // Alone, this one is refused: it says something about the listener that another one asks for.
        const std::uint32_t with =
            flag == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
        // The flags are checked before the program is read (seccomp(2)): EFAULT is a yes, EINVAL a no. The last address is never
        // a program's; the first one may be (personality(2), MMAP_PAGE_ZERO).
        constexpr long nowhere = -1;
        if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag | with, nowhere) < 0 && errno == EFAULT) known |= flag;
    }
    return known;
}

}  // namespace rt::host
