#include "rt/os/fd.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "rt/base/error.hpp"

namespace rt::os {

void UniqueFd::reset(int fd) noexcept {
    if (fd_ >= 0) {
        const int saved = errno;
        // Linux releases the descriptor even when close(2) reports an error: no retry.
        ::close(fd_);
        errno = saved;
    }
    fd_ = fd;
}

UniqueFd duplicate(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) throw_errno("duplicate descriptor", std::to_string(fd));
    return copy;
}

void set_close_on_exec(int fd, bool on) {
    if (::fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0) throw_errno("set the flags of descriptor", std::to_string(fd));
}

void close_all_but(std::vector<int> keep) {
    constexpr int first_after_stdio = 3;
    keep.push_back(trace::descriptor());
    std::ranges::sort(keep);
    unsigned next = first_after_stdio;
    const auto close_until = [&](unsigned last) {
        if (last >= next && ::syscall(SYS_close_range, next, last, 0) < 0) {
            throw_errno("close the descriptors from", std::to_string(next));
        }
    };
    for (const int fd : keep) {
        if (fd < first_after_stdio) continue;
        close_until(static_cast<unsigned>(fd) - 1);
        next = static_cast<unsigned>(fd) + 1;
    }
    close_until(~0U);
}

void close_some(unsigned first, unsigned count) {
    if (count > 0 && ::syscall(SYS_close_range, first, first + count - 1, 0) < 0) {
        throw_errno("close the descriptors from", std::to_string(first));
    }
}

void close_on_exec_from(unsigned first) {
    if (::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) < 0) {
        throw_errno("mark the descriptors close-on-exec from", std::to_string(first));
    }
}

}  // namespace rt::os
