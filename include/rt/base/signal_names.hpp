#pragma once

#include <csignal>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

struct SignalName {
    std::string_view name;  ///< without SIG
    int number;
};

/// The signals of Linux by name (signal(7)); of two names for one number the usual one stands first.
inline constexpr std::array<SignalName, 34> signal_names{{
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT},     {"BUS", SIGBUS},   {"FPE", SIGFPE},     {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV},     {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},   {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
    {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},     {"PWR", SIGPWR},
    {"SYS", SIGSYS},       {"IOT", SIGIOT},   {"CLD", SIGCHLD},    {"POLL", SIGIO},
}};

/// The number of a signal given as kill(1) takes it: "TERM", "SIGTERM", "15", "RTMIN+1", "RTMAX-1", in any case; 0 is
/// the probe. Empty for anything else.
std::optional<int> signal_number(std::string_view text);

/// For messages: "signal 9 (KILL)".
std::string signal_text(int number);

}  // namespace rt
