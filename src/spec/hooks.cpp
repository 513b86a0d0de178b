#include "rt/spec/hooks.hpp"

#include <limits>

#include "rt/spec/members.hpp"
#include "rt/spec/sections.hpp"

namespace rt::spec {

namespace {

using enum Presence;

// "timeout MUST be greater than zero".
void read_timeout(Hook& hook, const Cursor& value) {
    const std::uint64_t seconds = value.natural(std::numeric_limits<std::int32_t>::max());
    if (seconds == 0) value.refuse("it must be greater than zero", "leave timeout out for a hook without a limit");
    hook.timeout = static_cast<std::uint32_t>(seconds);
}

constexpr auto hook_members = std::to_array<Member<Hook>>({
    {"path", as_absolute_path<&Hook::path>, required, R"("path": "/usr/bin/true")"},
    {"args", as_strings<&Hook::args>},
    {"env", [](Hook& hook, const Cursor& value) { hook.env = value.strings(); }},
    {"timeout", read_timeout},
});

constexpr auto hooks_members = std::to_array<Member<Hooks>>({
    {"prestart", as_objects<&Hooks::prestart, hook_members>},
    {"createRuntime", as_objects<&Hooks::create_runtime, hook_members>},
    {"createContainer", as_objects<&Hooks::create_container, hook_members>},
    {"startContainer", as_objects<&Hooks::start_container, hook_members>},
    {"poststart", as_objects<&Hooks::poststart, hook_members>},
    {"poststop", as_objects<&Hooks::poststop, hook_members>},
});

}  // namespace

Hooks read_hooks(const Cursor& value) {
    Hooks target;
    read_members(value, hooks_members, target);
    return target;
}

}  // namespace rt::spec
