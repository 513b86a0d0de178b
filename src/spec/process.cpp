#include "rt/spec/process.hpp"

#include "rt/spec/members.hpp"
#include "rt/spec/sections.hpp"

namespace rt::spec {

namespace {

using enum Presence;

constexpr auto console_size_members = std::to_array<Member<ConsoleSize>>({
    {"height", as_natural<&ConsoleSize::height>, required},
    {"width", as_natural<&ConsoleSize::width>, required},
});

constexpr auto user_members = std::to_array<Member<User>>({
    {"uid", as_natural<&User::uid, largest_id>, required},
    {"gid", as_natural<&User::gid, largest_id>, required},
    {"umask", as_natural<&User::umask, 0777>},
    {"additionalGids", as_naturals<&User::additional_gids, largest_id>},
    {"username", other_platform},
});

constexpr auto capabilities_members = std::to_array<Member<Capabilities>>({
    {"effective", as_strings<&Capabilities::effective>},
    {"bounding", as_strings<&Capabilities::bounding>},
    {"inheritable", as_strings<&Capabilities::inheritable>},
    {"permitted", as_strings<&Capabilities::permitted>},
    {"ambient", as_strings<&Capabilities::ambient>},
});

constexpr auto rlimit_members = std::to_array<Member<Rlimit>>({
    {"type", as_nonempty_string<&Rlimit::type>, required},
    {"soft", as_natural<&Rlimit::soft>, required},
    {"hard", as_natural<&Rlimit::hard>, required},
});

constexpr auto scheduler_members = std::to_array<Member<Scheduler>>({
    {"policy", as_nonempty_string<&Scheduler::policy>, required, R"("policy": "SCHED_OTHER")"},
    {"nice", as_int32<&Scheduler::nice>},
    {"priority", as_int32<&Scheduler::priority>},
    {"flags", as_strings<&Scheduler::flags>},
    {"runtime", as_natural<&Scheduler::runtime>},
    {"deadline", as_natural<&Scheduler::deadline>},
    {"period", as_natural<&Scheduler::period>},
});

constexpr auto io_priority_members = std::to_array<Member<IoPriority>>({
    {"class", as_nonempty_string<&IoPriority::io_class>, required, R"("class": "IOPRIO_CLASS_BE")"},
    {"priority", as_int32<&IoPriority::priority>, required, R"("priority": 4)"},
});

constexpr auto exec_cpu_affinity_members = std::to_array<Member<ExecCpuAffinity>>({
    {"initial", as_string<&ExecCpuAffinity::initial>},
    {"final", as_string<&ExecCpuAffinity::final>},
});

// "Runtimes MUST ignore consoleSize if terminal is false or unset", a malformed one too.
void read_console_size(Process& process, const Cursor& value) {
    if (process.terminal) as_object<&Process::console_size, console_size_members>(process, value);
}

void read_args(Process& process, const Cursor& value) {
    process.args = value.strings();
    if (process.args.empty()) value.refuse("at least one entry is required: the program to run");
    if (process.args.front().empty()) value.refuse("the first entry is the program to run, and it is empty");
}

// environ(7): "name=value".
void read_env(Process& process, const Cursor& value) {
    for (const Cursor& entry : value.elements()) {
        std::string text = entry.string();
        if (text.find('=') == std::string::npos || text.front() == '=') {
            entry.refuse("expected NAME=value", "write \"NAME=\" for an empty value");
        }
        process.env.push_back(std::move(text));
    }
}

// consoleSize needs terminal before it. A process without a user is refused although the schema allows it:
// an id that nobody wrote must not become 0.
constexpr auto process_members = std::to_array<Member<Process>>({
    {"terminal", as_boolean<&Process::terminal>},
    {"consoleSize", read_console_size},
    {"user", as_object<&Process::user, user_members>, required, R"("user": {"uid": 0, "gid": 0})"},
    {"args", read_args, required, R"("args": ["sh"])"},
    {"commandLine", other_platform},
    {"env", read_env},
    {"cwd", as_absolute_path<&Process::cwd>, required, R"("cwd": "/")"},
    {"capabilities", as_object<&Process::capabilities, capabilities_members>},
    {"rlimits", as_objects<&Process::rlimits, rlimit_members>},
    {"noNewPrivileges", as_boolean<&Process::no_new_privileges>},
    {"oomScoreAdj", as_integer<&Process::oom_score_adj, -1000, 1000>},  // proc_pid_oom_score_adj(5)
    {"apparmorProfile", as_string<&Process::apparmor_profile>},
    {"selinuxLabel", as_string<&Process::selinux_label>},
    {"scheduler", as_object<&Process::scheduler, scheduler_members>},
    {"ioPriority", as_object<&Process::io_priority, io_priority_members>},
    {"execCPUAffinity", as_object<&Process::exec_cpu_affinity, exec_cpu_affinity_members>},
});

}  // namespace

Process read_process(const Cursor& value) {
    Process process;
    read_members(value, process_members, process);
    return process;
}

}  // namespace rt::spec
