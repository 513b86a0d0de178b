// Becomes a command with everything that a process can inherit set to what nobody would want in a container.
//   hostile_caller DIRECTORY COMMAND [ARGUMENT...]    the working directory, which is open as well
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

[[noreturn]] void refuse(const char* what) {
    std::perror(what);
    ::_exit(1);
}
void must(bool done, const char* what) {
    if (!done) refuse(what);
}

void open_descriptors(const char* directory) {
    for (int i = 0; i < 10; ++i) {
        must(::open("/", O_PATH) >= 0, "open /");
        must(::open(directory, O_RDONLY | O_DIRECTORY) >= 0, directory);
    }
    must(::chdir(directory) == 0, directory);
}

// By the system calls: the C library keeps two signals for itself.
void hold_signals() {
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)();
        std::uint64_t mask;
    } const ignore{SIG_IGN, 0, nullptr, 0};
    for (int signal = 1; signal <= 64; ++signal) {
        ::syscall(SYS_rt_sigaction, signal, &ignore, nullptr, sizeof(std::uint64_t));
    }
    const std::uint64_t all = ~std::uint64_t{0};
    must(::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof all) == 0, "rt_sigprocmask");
}

void give_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2] = {};
    must(::syscall(SYS_capget, &header, data) == 0, "capget");
    for (__user_cap_data_struct& half : data) half.inheritable = half.permitted;
    must(::syscall(SYS_capset, &header, data) == 0, "capset");
    for (int capability = 0; ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0; ++capability) {
    }
    must(::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS, 0, 0, 0) == 0, "securebits");
}

void take_key() {
    ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "of-the-caller", 0, 0, 0);
    ::syscall(SYS_add_key, "user", "of-the-caller", "secret", 6, KEY_SPEC_SESSION_KEYRING);
}

}  // namespace

int main(int count, char** words) {
    must(count > 2, "hostile_caller DIRECTORY COMMAND");
    open_descriptors(words[1]);
    ::umask(0);
    take_key();
    must(::personality(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC | MMAP_PAGE_ZERO) >= 0,
         "personality");
    give_capabilities();
    must(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "subreaper");
    must(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "thp_disable");
    must(::setpriority(PRIO_PROCESS, 0, 3) == 0, "nice");
    const itimerval timer{.it_interval = {.tv_sec = 0, .tv_usec = 0}, .it_value = {.tv_sec = 1000, .tv_usec = 0}};
    must(::setitimer(ITIMER_REAL, &timer, nullptr) == 0, "setitimer");
    ::setenv("LD_PRELOAD", "/of-the-caller.so", 1);
    ::setenv("SECRET", "of-the-caller", 1);
    hold_signals();
    ::execvp(words[2], words + 2);
    refuse(words[2]);
}
