#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::spec {

/// Size of a terminal in characters; 16 bits each, as struct winsize has them (ioctl_tty(2)).
struct ConsoleSize {
    std::uint16_t height = 0;
    std::uint16_t width = 0;
};

/// Who the process runs as; all ids are those of the container (config.md "POSIX-platform User").
struct User {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::optional<std::uint32_t> umask;  ///< 0 to 0777; absent: the umask of the caller is kept
    std::vector<std::uint32_t> additional_gids;
};

/// The five capability sets by name ("CAP_KILL"). A set that config.json leaves out is empty.
struct Capabilities {
    std::vector<std::string> effective;
    std::vector<std::string> bounding;
    std::vector<std::string> inheritable;
    std::vector<std::string> permitted;
    std::vector<std::string> ambient;
};

/// One resource limit, in the unit that setrlimit(2) has for the type; 18446744073709551615 is no limit.
struct Rlimit {
    std::string type;  ///< "RLIMIT_NOFILE"; not checked by the reader
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

/// How the process is scheduled (config.md "Linux Process"); the words are unchecked, numbers are 0 when not given.
struct Scheduler {
    std::string policy;  ///< "SCHED_FIFO"
    std::int32_t nice = 0;
    std::int32_t priority = 0;
    std::vector<std::string> flags;  ///< "SCHED_FLAG_RESET_ON_FORK"
    std::uint64_t runtime = 0;       ///< nanoseconds, as deadline and period
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
};

/// The I/O priority of the process (config.md "Linux Process", ioprio_set(2)); the word is unchecked.
struct IoPriority {
    std::string io_class;  ///< "IOPRIO_CLASS_BE"
    std::int32_t priority = 0;
};

/// CPUs of a process that exec adds to the container: lists like "0-3,7", unchecked; empty when not given.
struct ExecCpuAffinity {
    std::string initial;
    std::string final;
};

/// The program that the container runs (config.md "Process").
struct Process {
    bool terminal = false;
    std::optional<ConsoleSize> console_size;  ///< only with a terminal: without one it MUST be ignored
    User user;
    std::vector<std::string> args;  ///< at least one entry
    std::vector<std::string> env;   ///< entries as given, "NAME=value"
    std::string cwd;                ///< absolute
    std::optional<Capabilities> capabilities;
    std::vector<Rlimit> rlimits;
    bool no_new_privileges = false;
    std::optional<int> oom_score_adj;  ///< -1000 to 1000; absent: MUST NOT be changed
    std::string apparmor_profile;      ///< empty when not given
    std::string selinux_label;         ///< empty when not given
    std::optional<Scheduler> scheduler;
    std::optional<IoPriority> io_priority;
    std::optional<ExecCpuAffinity> exec_cpu_affinity;
};

}  // namespace rt::spec
