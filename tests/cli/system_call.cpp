// A program for containers: makes one system call and prints what came of it.
//   system_call [--32 | --x32] NAME|NUMBER [ARGUMENT...]    "ok RESULT", "errno NUMBER" or "trap NUMBER"
//   system_call --number NAME                               the number itself
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct Name {
    const char* name;
    long number;
};
#define CALL(name) {#name, SYS_##name}
constexpr Name names[] = {CALL(getpid),      CALL(getuid), CALL(mkdirat), CALL(lseek), CALL(getcwd), CALL(openat2),
                          CALL(personality), CALL(clone3), CALL(sendmsg), CALL(write), CALL(geteuid)};

long number_of(const char* text) {
    for (const Name& entry : names) {
        if (std::strcmp(entry.name, text) == 0) return entry.number;
    }
    return std::strtol(text, nullptr, 0);
}

void say(const char* what, long number) {
    std::printf("%s %ld\n", what, number);
    std::fflush(stdout);
}

void trapped(int /*signal*/, siginfo_t* info, void* /*context*/) {
    say("trap", info->si_syscall);
    ::_exit(0);
}

long call_32([[maybe_unused]] long number) {
#if defined(__x86_64__)
    long result = number;  // NOLINT(misc-const-correctness): the system call changes it
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    if (result >= 0 || result < -4095) return result;
    errno = static_cast<int>(-result);
#else
    errno = ENOSYS;
#endif
    return -1;
}

}  // namespace

int main(int count, char** texts) {
    struct sigaction action{};
    action.sa_sigaction = trapped;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSYS, &action, nullptr);
    int next = 1;
    const std::string mode = count > 1 && texts[1][0] == '-' ? texts[next++] : "";
    if (next >= count) return 2;
    long number = number_of(texts[next++]);
    if (mode == "--number") {
        std::printf("%ld\n", number);
        return 0;
    }
    if (mode == "--x32") number |= 0x40000000;
    unsigned long arguments[6] = {};
    for (int i = 0; i < 6 && next < count; ++i) arguments[i] = std::strtoul(texts[next++], nullptr, 0);
    const long result = mode == "--32" ? call_32(number)
                                       : ::syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                                   arguments[4], arguments[5]);
    if (result == -1) {
        say("errno", errno);
    } else {
        say("ok", result);
    }
    return 0;
}
