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
    {"uid", as_natural<&User::uid>, required},
    {"gid", as_natural<&User::gid>, required},
    {"umask", as_natural<&User::umask, 0777>},
    {"additionalGids", as_naturals<&User::additional_gids>},
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

// "Runtimes MUST ignore consoleSize if terminal is false or unset", a malformed one too.
void read_console_size(Process& process, const Cursor& value) {
    if (process.terminal) as_object<&Process::console_size, console_size_members>(process, value);
}

void read_args(Process& process, const Cursor& value) {
    process.args = value.strings();
    if (process.args.empty()) value.refuse("at least one entry is required: the program to run");
}

// consoleSize needs terminal before it. A process without a user is refused although the schema allows it:
// an id that nobody wrote must not become 0.
constexpr auto process_members = std::to_array<Member<Process>>({
    {"terminal", as_boolean<&Process::terminal>},
    {"consoleSize", read_console_size},
    {"user", as_object<&Process::user, user_members>, required, R"("user": {"uid": 0, "gid": 0})"},
    {"args", read_args, required, R"("args": ["sh"])"},
    {"commandLine", other_platform},
    {"env", as_strings<&Process::env>},
    {"cwd", as_absolute_path<&Process::cwd>, required, R"("cwd": "/")"},
    {"capabilities", as_object<&Process::capabilities, capabilities_members>},
    {"rlimits", as_objects<&Process::rlimits, rlimit_members>},
    {"noNewPrivileges", as_boolean<&Process::no_new_privileges>},
    {"oomScoreAdj", as_integer<&Process::oom_score_adj, -1000, 1000>},  // proc_pid_oom_score_adj(5)
    {"apparmorProfile", unsupported},
    {"selinuxLabel", unsupported},
    {"scheduler", unsupported},
    {"ioPriority", unsupported},
    {"execCPUAffinity", unsupported},
});

}  // namespace

Process read_process(const Cursor& value) {
    Process process;
    read_members(value, process_members, process);
    return process;
}

}  // namespace rt::spec
