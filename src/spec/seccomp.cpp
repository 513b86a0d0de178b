#include "rt/spec/seccomp.hpp"

#include "rt/spec/members.hpp"
#include "rt/spec/sections.hpp"

namespace rt::spec {

namespace {

using enum Presence;

constexpr auto argument_members = std::to_array<Member<SeccompArgument>>({
    {"index", as_natural<&SeccompArgument::index, 5>, required},
    {"value", as_natural<&SeccompArgument::value>, required},
    {"valueTwo", as_natural<&SeccompArgument::value_two>},
    {"op", as_nonempty_string<&SeccompArgument::op>, required, R"("op": "SCMP_CMP_EQ")"},
});

void read_names(SeccompRule& rule, const Cursor& value) {
    rule.names = value.strings();
    if (rule.names.empty()) value.refuse("at least one entry is required: the name of a system call");
}

constexpr auto rule_members = std::to_array<Member<SeccompRule>>({
    {"names", read_names, required},
    {"action", as_nonempty_string<&SeccompRule::action>, required, R"("action": "SCMP_ACT_ALLOW")"},
    {"errnoRet", as_natural<&SeccompRule::errno_ret>},
    {"args", as_objects<&SeccompRule::args, argument_members>},
});

// Metadata goes to an agent, never to a system call.
void read_metadata(Seccomp& seccomp, const Cursor& value) { seccomp.listener_metadata = value.free_text(); }

constexpr auto seccomp_members = std::to_array<Member<Seccomp>>({
    {"defaultAction", as_nonempty_string<&Seccomp::default_action>, required, R"("defaultAction": "SCMP_ACT_ERRNO")"},
    {"defaultErrnoRet", as_natural<&Seccomp::default_errno_ret>},
    {"architectures", as_strings<&Seccomp::architectures>},
    {"flags", [](Seccomp& seccomp, const Cursor& value) { seccomp.flags = value.strings(); }},
    {"listenerPath", as_string<&Seccomp::listener_path>},
    {"listenerMetadata", read_metadata},
    {"syscalls", as_objects<&Seccomp::syscalls, rule_members>},
});

}  // namespace

Seccomp read_seccomp(const Cursor& value) {
    Seccomp target;
    read_members(value, seccomp_members, target);
    return target;
}

}  // namespace rt::spec
