#include "rt/os/signals.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "catch.hpp"
#include "unit/os/child.hpp"

using namespace rt;

namespace {

sigset_t mask_now() {
    sigset_t mask;
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    return mask;
}

bool is_blocked(int signal) {
    const sigset_t mask = mask_now();
    return ::sigismember(&mask, signal) == 1;
}

void block(int signal) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

TEST_CASE("held signals are collected one by one and do nothing else", "[os][signals]") {
    const std::string answer = rt::test::in_child([] {
        os::HeldSignals held({SIGTERM, SIGUSR1});
        std::string text = std::to_string(held.next());
        ::raise(SIGTERM);
        ::raise(SIGTERM);  // a standard signal is pending once only (signal(7))
        text += " " + std::to_string(held.next());
        ::raise(SIGUSR1);
        text += " " + std::to_string(held.next());
        text += " " + std::to_string(held.next());
        return text;
    });
    CHECK(answer == "0 15 10 0");
}

TEST_CASE("the signal mask of before comes back", "[os][signals]") {
    const std::string answer = rt::test::in_child([] {
        block(SIGUSR1);
        std::string text;
        {
            const os::HeldSignals held({SIGTERM, SIGUSR1});
            text += is_blocked(SIGTERM) && is_blocked(SIGUSR1) ? "held" : "not held";
        }
        text += is_blocked(SIGTERM) ? ", TERM stays blocked" : ", TERM free";
        return text + (is_blocked(SIGUSR1) ? ", USR1 blocked" : ", USR1 free");
    });
    CHECK(answer == "held, TERM free, USR1 blocked");
}

TEST_CASE("a signal that was held and not collected arrives at the end", "[os][signals]") {
    const std::string answer = rt::test::in_child([]() -> std::string {
        {
            const os::HeldSignals held({SIGTERM});
            ::raise(SIGTERM);
        }
        return "survived";
    });
    CHECK(answer == "signal 15");
}

TEST_CASE("signals are reset to what a program expects: nothing ignored, nothing blocked", "[os][signals]") {
    const std::string answer = rt::test::in_child([] {
        for (const int signal : {SIGPIPE, SIGCHLD, SIGRTMAX}) ::signal(signal, SIG_IGN);
        ::signal(SIGTERM, [](int) {});
        block(SIGTERM);
        block(SIGRTMIN);
        os::reset_signals();
        std::string odd;
        for (int signal = 1; signal <= SIGRTMAX; ++signal) {
            struct sigaction action{};
            if (::sigaction(signal, nullptr, &action) < 0) continue;  // those that the C library keeps for itself
            if (action.sa_handler != SIG_DFL || is_blocked(signal)) odd += " " + std::to_string(signal);
        }
        return "odd:" + odd;
    });
    CHECK(answer == "odd:");
}

TEST_CASE("every signal that terminates by default ends the process with 128 + n, the others do nothing",
          "[os][signals]") {
    // signal(7), "Standard signals".
    for (const int signal : {SIGHUP,  SIGINT,    SIGQUIT, SIGILL,  SIGABRT,   SIGFPE,  SIGSEGV,  SIGPIPE,
                             SIGALRM, SIGTERM,   SIGUSR1, SIGUSR2, SIGBUS,    SIGPOLL, SIGPROF,  SIGSYS,
                             SIGTRAP, SIGVTALRM, SIGXCPU, SIGXFSZ, SIGSTKFLT, SIGPWR,  SIGRTMIN, SIGRTMAX}) {
        const std::string answer = rt::test::in_child([&]() -> std::string {
            block(signal);
            os::end_on_signals();
            ::raise(signal);
            return "survived";
        });
        CAPTURE(signal);
        CHECK(answer == "exit status " + std::to_string(128 + signal));
    }
    for (const int signal : {SIGCHLD, SIGCONT, SIGURG, SIGWINCH}) {
        const std::string answer = rt::test::in_child([&]() -> std::string {
            os::end_on_signals();
            ::raise(signal);
            return "survived";
        });
        CAPTURE(signal);
        CHECK(answer == "survived");
    }
}
