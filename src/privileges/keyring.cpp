#include "rt/privileges/keyring.hpp"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

#include "rt/base/error.hpp"

namespace rt::privileges {

namespace {

// keyctl_setperm(3): the possessor may do everything, its user may look at it and join it. What the kernel gives besides,
// linking it, would let every process of that user on the host possess the keys of the container.
constexpr std::uint32_t possessor_all = 0x3f000000;
constexpr std::uint32_t user_view_read_search = 0x000b0000;

std::string hint_for(int code) {
    if (code == EDQUOT) {
        return "the user of the container has as many keys as it may have: raise /proc/sys/kernel/keys/maxkeys and "
               "maxbytes "
               "(for root of the host root_maxkeys and root_maxbytes), or use --no-new-keyring";
    }
    if (code == EPERM || code == EACCES) {
        return "something around rt forbids keyctl(2), perhaps a seccomp filter: --no-new-keyring keeps the keyring of "
               "the "
               "caller";
    }
    return {};
}

// The keys of a container that has ended count until the kernel lets go of its credentials: in a moment, or later on a busy machine
// (RCU). Otherwise one container after the other would fail now and then.
long join_when_there_is_room(const std::string& name) {
    constexpr int tries = 40;
    constexpr timespec pause{.tv_sec = 0, .tv_nsec = 50'000'000};
    for (int left = tries;; --left) {
        const long keyring = ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name.c_str(), 0, 0, 0);
        if (keyring >= 0 || errno != EDQUOT || left == 0) return keyring;
        ::nanosleep(&pause, nullptr);
    }
}

}  // namespace

void join_own_session_keyring(const std::string& name) {
    const long keyring = join_when_there_is_room(name);
    if (keyring < 0) {
        const int code = errno;
        if (code == ENOSYS) return;
        throw_errno("make the session keyring", name, code, "", hint_for(code));
    }
    if (::syscall(SYS_keyctl, KEYCTL_SETPERM, keyring, possessor_all | user_view_read_search, 0, 0) < 0) {
        throw_errno("set the permissions of the session keyring", name);
    }
}

}  // namespace rt::privileges
