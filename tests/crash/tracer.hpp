#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace crash {

/// A system call of a traced command: which process made it (0: the command itself, then in the order of birth), and its
/// number among those of that process.
struct Call {
    unsigned process = 0;
    unsigned number = 0;
    long system_call = 0;
};

/// What happens at a call: the process is killed, or the call fails.
struct Fault {
    Call at;
    int error = 0;  ///< errno; 0: SIGKILL
};

/// How a traced command ended.
struct Outcome {
    int wait_status = 0;
    bool hung = false;
    bool reached = false;     ///< the fault has happened
    std::string who;          ///< to whom: the runtime, the init or a helper
    std::string hang;         ///< what the processes that hang wait for
    std::vector<Call> calls;  ///< all calls, when there was no fault
};

/// Runs a command under ptrace(2) until it ends, and lets one fault happen to it or to a process that it has started and
/// that still is the same program: what these execute is left alone.
class Tracer {
public:
    explicit Tracer(std::chrono::seconds patience) : patience_(patience) {}

    /// `output`: where its standard output and error go; `terminal`: those and its input are that terminal instead.
    /// `also`: a process that is there already and is traced as well (0: none).
    Outcome run(const std::vector<std::string>& command, int output, int terminal, const std::optional<Fault>& fault,
                pid_t also);

private:
    struct Process {
        unsigned index = 0;
        unsigned calls = 0;
        bool fails = false;  ///< its present call gets the error at its end
    };

    void start(const std::vector<std::string>& command, int output, int terminal);
    void adopt(pid_t pid);
    void follow();
    void stopped(pid_t pid, int status);
    void event(pid_t pid, int event, int signal);
    void at_call(pid_t pid);
    void enter_call(pid_t pid, Process& process, long system_call);
    void leave();
    bool is_same_program(pid_t pid) const;
    void give_up();

    std::chrono::seconds patience_;
    std::map<pid_t, Process> processes_;
    unsigned born_ = 0;
    pid_t main_ = 0;
    bool main_runs_ = false;  ///< it has executed the command
    bool main_ended_ = false;
    bool leaving_ = false;  ///< every process is let go at its next stop
    std::optional<Fault> fault_;
    Outcome outcome_;
};

}  // namespace crash
