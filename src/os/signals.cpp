#include "rt/os/signals.hpp"

#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "rt/base/error.hpp"

namespace rt::os {

namespace {

// signal(7), "Standard signals": these do not terminate by default.
constexpr std::array<int, 7> harmless{SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU};

void set_all(void (*handler)(int), bool only_terminating) noexcept {
    struct sigaction action{};
    action.sa_handler = handler;
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        if (only_terminating && std::ranges::find(harmless, signal) != harmless.end()) continue;
        ::sigaction(signal, &action, nullptr);  // KILL and STOP are refused, as they should be
    }
}

// The C library keeps some for itself and refuses to change them; but a caller may have ignored them, too.
void reset_reserved() noexcept {
    constexpr std::uint64_t mask = 0;
    const struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)();
        std::uint64_t mask;
    } by_default{.handler = SIG_DFL, .flags = 0, .restorer = nullptr, .mask = mask};  // as the kernel has it
    for (int signal = __SIGRTMIN; signal < SIGRTMIN; ++signal)
        ::syscall(SYS_rt_sigaction, signal, &by_default, nullptr, sizeof mask);
}

void unblock_all() noexcept {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Blocked signals arrive though the caller has had them ignored (signalfd(2)): HUP by nohup(1), INT and QUIT by a shell that has
// started rt in the background of a script. Those two are meant for rt when a process sends them, and not the keyboard; HUP
// a shell sends to all of its jobs.
bool is_ignored(const signalfd_siginfo& info) noexcept {
    struct sigaction action{};
    const int signal = static_cast<int>(info.ssi_signo);
    if (::sigaction(signal, nullptr, &action) < 0 || action.sa_handler != SIG_IGN) return false;
    return signal == SIGHUP || info.ssi_code == SI_KERNEL;
}

extern "C" void end_by_signal(int signal) { ::_exit(128 + signal); }

}  // namespace

HeldSignals::HeldSignals(const std::vector<int>& signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    if (::sigprocmask(SIG_BLOCK, &set, &before_) < 0) throw_errno("block", "signals");
    fd_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_) throw_errno("make a descriptor for", "signals");
}

HeldSignals::~HeldSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

int HeldSignals::next() noexcept {
    signalfd_siginfo info{};
    do {
        if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return 0;
    } while (is_ignored(info));
    return static_cast<int>(info.ssi_signo);
}

void stop_by(int signal) noexcept {
    sigset_t one;
    sigset_t before;
    ::sigemptyset(&one);
    ::sigaddset(&one, signal);
    if (::sigprocmask(SIG_UNBLOCK, &one, &before) < 0) return;
    ::raise(signal);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

void reset_signals() noexcept {
    set_all(SIG_DFL, false);
    reset_reserved();
    unblock_all();
}

void end_on_signals() noexcept {
    set_all(end_by_signal, true);
    unblock_all();
}

}  // namespace rt::os
