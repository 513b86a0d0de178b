#include "tracer.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "host.hpp"

namespace crash {

namespace {

using Clock = std::chrono::steady_clock;

constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
constexpr int call_stop = SIGTRAP | 0x80;

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The registers that hold the number of the system call and its result: ptrace(2) has no call for them on every machine.
void forget_call(pid_t pid) {
#if defined(__x86_64__)
    ::ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, orig_rax), -1L);
#elif defined(__aarch64__)
    int none = -1;
    iovec data{&none, sizeof none};
    constexpr int system_call_register = 0x404;  // NT_ARM_SYSTEM_CALL
    ::ptrace(PTRACE_SETREGSET, pid, system_call_register, &data);
#else
#error "the registers of a system call on this machine"
#endif
}

void set_result(pid_t pid, long result) {
#if defined(__x86_64__)
    ::ptrace(PTRACE_POKEUSER, pid, offsetof(user_regs_struct, rax), result);
#elif defined(__aarch64__)
    user_regs_struct registers{};
    iovec data{&registers, sizeof registers};
    ::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &data);
    registers.regs[0] = static_cast<unsigned long long>(result);
    ::ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &data);
#endif
}

// The kernel closes a descriptor whatever close(2) says.
bool takes_effect(long system_call) { return system_call == SYS_close; }

[[noreturn]] void become(const std::vector<std::string>& command, std::array<int, 2> gate, int output, int terminal) {
    ::close(gate[1]);
    if (terminal >= 0) {
        ::setsid();
        ::ioctl(terminal, TIOCSCTTY, 0);
        output = terminal;
    }
    const int input = terminal >= 0 ? terminal : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    char byte = 0;
    while (::read(gate[0], &byte, 1) < 0 && errno == EINTR) {
    }
    execute(command);
}

std::string describe_wait(pid_t pid) {
    const std::string directory = "/proc/" + std::to_string(pid);
    return std::to_string(pid) + " " + text_of(directory + "/comm") + text_of(directory + "/syscall") +
           text_of(directory + "/stack");
}

// In a pid namespace of its own it is the init of a container, or a process on its way into one.
std::string role_of(pid_t pid, unsigned index) {
    if (index == 0) return "runtime";
    const std::string status = text_of("/proc/" + std::to_string(pid) + "/status");
    const std::size_t start = status.find("NSpid:");
    const std::string line = status.substr(start, status.find('\n', start) - start);
    return line.find('\t') != line.rfind('\t') ? "init" : "helper";
}

}  // namespace

Outcome Tracer::run(const std::vector<std::string>& command, int output, int terminal,
                    const std::optional<Fault>& fault, pid_t also) {
    *this = Tracer(patience_);
    fault_ = fault;
    start(command, output, terminal);
    if (also != 0 && ::ptrace(PTRACE_SEIZE, also, 0, options) == 0) {
        adopt(also);
        ::ptrace(PTRACE_INTERRUPT, also, 0, 0);
    }
    follow();
    return std::move(outcome_);
}

void Tracer::start(const std::vector<std::string>& command, int output, int terminal) {
    std::array<int, 2> gate{};
    if (::pipe2(gate.data(), O_CLOEXEC) < 0) throw std::runtime_error("no pipe");
    main_ = ::fork();
    if (main_ == 0) become(command, gate, output, terminal);
    if (main_ < 0 || ::ptrace(PTRACE_SEIZE, main_, 0, options) < 0) throw std::runtime_error("ptrace is not allowed");
    adopt(main_);
    ::close(gate[0]);
    ::close(gate[1]);
}

void Tracer::adopt(pid_t pid) {
    if (processes_.contains(pid)) return;
    processes_[pid] = {.index = born_++};
}

void Tracer::follow() {
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    const Clock::time_point deadline = Clock::now() + patience_;
    Clock::time_point end_of_leaving = deadline;
    while (!main_ended_ || !processes_.empty()) {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, __WALL | WNOHANG);
        if (pid > 0 && WIFSTOPPED(status)) {
            stopped(pid, status);
        } else if (pid > 0) {
            processes_.erase(pid);
            if (pid != main_) continue;
            outcome_.wait_status = status;
            main_ended_ = true;
            end_of_leaving = Clock::now() + std::chrono::seconds(2);
            leave();
        } else {
            const timespec tick{.tv_sec = 0, .tv_nsec = 100'000'000};
            ::sigtimedwait(&child, nullptr, &tick);
            if (!main_ended_ && Clock::now() > deadline) return give_up();
            // What a freezer cgroup holds does not stop for ptrace(2).
            if (main_ended_ && Clock::now() > end_of_leaving) return;
        }
    }
}

void Tracer::give_up() {
    outcome_.hung = true;
    for (const auto& [pid, process] : processes_) outcome_.hang += describe_wait(pid);
    if (!processes_.contains(main_)) outcome_.hang += describe_wait(main_);
    ::kill(main_, SIGKILL);
    for (const auto& [pid, process] : processes_) ::kill(pid, SIGKILL);
    ::waitpid(main_, &outcome_.wait_status, __WALL);
}

void Tracer::leave() {
    if (leaving_) return;
    leaving_ = true;
    for (const auto& [pid, process] : processes_) ::ptrace(PTRACE_INTERRUPT, pid, 0, 0);
}

void Tracer::stopped(pid_t pid, int status) {
    adopt(pid);  // a child's first stop may come before its parent's word of it
    const int signal = WSTOPSIG(status);
    const int what = status >> 16;
    if (leaving_) {
        const bool is_signal = what == 0 && signal != call_stop;
        ::ptrace(PTRACE_DETACH, pid, 0, is_signal ? signal : 0);
        processes_.erase(pid);
    } else if (what != 0) {
        event(pid, what, signal);
    } else if (signal == call_stop) {
        at_call(pid);
    } else {
        ::ptrace(PTRACE_SYSCALL, pid, 0, signal);
    }
}

void Tracer::event(pid_t pid, int event, int signal) {
    if (event == PTRACE_EVENT_EXEC) {
        if (pid == main_ && !main_runs_) processes_[pid].calls = 0;
        if (pid == main_) main_runs_ = true;
        if (pid != main_ && !is_same_program(pid)) {
            ::ptrace(PTRACE_DETACH, pid, 0, 0);
            processes_.erase(pid);
            return;
        }
    } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
        ::ptrace(PTRACE_LISTEN, pid, 0, 0);
        return;
    } else if (event != PTRACE_EVENT_STOP) {
        unsigned long born = 0;
        if (::ptrace(PTRACE_GETEVENTMSG, pid, 0, &born) == 0) adopt(static_cast<pid_t>(born));
    }
    ::ptrace(PTRACE_SYSCALL, pid, 0, 0);
}

bool Tracer::is_same_program(pid_t pid) const {
    struct stat own{};
    struct stat other{};
    const auto path = [](pid_t process) { return "/proc/" + std::to_string(process) + "/exe"; };
    return ::stat(path(main_).c_str(), &own) == 0 && ::stat(path(pid).c_str(), &other) == 0 &&
           own.st_ino == other.st_ino;
}

void Tracer::at_call(pid_t pid) {
    __ptrace_syscall_info info{};
    ::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info);
    Process& process = processes_[pid];
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && main_runs_) enter_call(pid, process, static_cast<long>(info.entry.nr));
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && process.fails) {
        process.fails = false;
        set_result(pid, -fault_->error);
        ::ptrace(PTRACE_DETACH, pid, 0, 0);
        processes_.erase(pid);
        return leave();
    }
    ::ptrace(PTRACE_SYSCALL, pid, 0, 0);
}

void Tracer::enter_call(pid_t pid, Process& process, long system_call) {
    const unsigned number = process.calls++;
    if (!fault_) {
        outcome_.calls.push_back({.process = process.index, .number = number, .system_call = system_call});
        return;
    }
    if (outcome_.reached || process.index != fault_->at.process || number != fault_->at.number) return;
    // The errno belongs to the call that was here when the calls were counted.
    if (fault_->error != 0 && fault_->at.system_call != system_call) return;
    outcome_.reached = true;
    outcome_.who = role_of(pid, process.index);
    if (fault_->error == 0) {
        ::kill(pid, SIGKILL);
        leave();
    } else {
        process.fails = true;
        if (!takes_effect(system_call)) forget_call(pid);
    }
}

}  // namespace crash
