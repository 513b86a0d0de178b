#include "rt/seccomp/compile.hpp"

#include <linux/audit.h>
#include <seccomp.h>

#include <functional>

#include "catch.hpp"
#include "interpreter.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;

namespace {

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | 1;
constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | 38;
constexpr std::uint32_t kill = SECCOMP_RET_KILL_PROCESS;

plan::SeccompArchitecture architecture(std::string_view name) {
    return *std::ranges::find(plan::seccomp_architectures, name, &plan::SeccompArchitecture::name);
}

plan::Seccomp filter(std::uint32_t default_action, const std::vector<plan::SeccompRule>& rules = {},
                     const std::vector<std::string_view>& more = {}) {
    plan::Seccomp plan{
        .default_action = default_action, .architectures = {architecture(plan::native_architecture())}, .rules = rules};
    for (const std::string_view name : more) plan.architectures.push_back(architecture(name));
    return plan;
}

plan::SeccompRule rule(std::uint32_t action, const std::vector<std::string>& names,
                       const std::vector<plan::SeccompCondition>& conditions = {}) {
    return {.position = 3, .names = names, .action = action, .conditions = conditions};
}

std::uint32_t native_arch() { return architecture(plan::native_architecture()).audit_arch; }

// The verdict for a call of the machine's own interface.
std::uint32_t verdict(const seccomp::Program& program, const char* name, const std::vector<std::uint64_t>& args = {}) {
    seccomp_data call{};
    call.arch = native_arch();
    call.nr = ::seccomp_syscall_resolve_name(name);
    std::ranges::copy(args, call.args);
    return test::verdict_of(program, call);
}

std::uint32_t verdict_by_number(const seccomp::Program& program, std::uint32_t arch, std::uint32_t number) {
    seccomp_data call{};
    call.arch = arch;
    call.nr = static_cast<int>(number);
    return test::verdict_of(program, call);
}

Failure refusal_of(const plan::Seccomp& plan) {
    return test::refusal_of([&] { seccomp::compile(plan); });
}

bool is_x86_64() { return plan::native_architecture() == "SCMP_ARCH_X86_64"; }

}  // namespace

TEST_CASE("each action comes out as it went in", "[seccomp]") {
    for (const plan::SeccompAction& action : plan::seccomp_actions) {
        INFO(action.name);
        const std::uint32_t value = action.most_data != 0 ? action.value | 77 : action.value;
        CHECK(verdict(seccomp::compile(filter(value)), "getpid") == value);
        const std::uint32_t other = value == allow ? refuse : allow;
        const seccomp::Program program = seccomp::compile(filter(other, {rule(value, {"getpid", "getuid"})}));
        CHECK(verdict(program, "getpid") == value);
        CHECK(verdict(program, "getuid") == value);
        CHECK(verdict(program, "getpgid") == (other == refuse ? enosys : other));  // newer than what is named
        CHECK(verdict(program, "read") == other);
    }
}

TEST_CASE("every operator, for both halves of an argument, against what C++ says", "[seccomp]") {
    using enum plan::SeccompOperator;
    struct Row {
        plan::SeccompOperator op;
        std::function<bool(std::uint64_t, std::uint64_t)> holds;
    };
    const Row rows[] = {{not_equal, std::not_equal_to<>{}},         {less, std::less<>{}},
                        {less_or_equal, std::less_equal<>{}},       {equal, std::equal_to<>{}},
                        {greater_or_equal, std::greater_equal<>{}}, {greater, std::greater<>{}}};
    const std::vector<std::uint64_t> values{
        0,           1,           0x7FFFFFFF,  0x80000000,         0xFFFFFFFF,
        0x100000000, 0x100000001, 0x1FFFFFFFF, 0xFFFFFFFF00000000, ~std::uint64_t{0}};
    for (const Row& row : rows) {
        for (const std::uint64_t value : values) {
            const seccomp::Program program = seccomp::compile(
                filter(allow, {rule(refuse, {"lseek"}, {{.index = 1, .op = row.op, .value = value}})}));
            for (const std::uint64_t argument : values) {
                INFO(static_cast<int>(row.op) << " " << argument << " " << value);
                const std::uint64_t elsewhere = ~argument;  // of the other arguments nothing may depend on
                CHECK(verdict(program, "lseek", {elsewhere, argument, elsewhere}) ==
                      (row.holds(argument, value) ? refuse : allow));
            }
            CHECK(verdict(program, "getpid", {value, value}) == allow);
        }
    }
}

TEST_CASE("the masked operator takes the mask first, then the value", "[seccomp]") {
    // The rule of engines for clone(2): none of the flags of new namespaces.
    const seccomp::Program program = seccomp::compile(
        filter(refuse,
               {rule(allow, {"clone"},
                     {{.index = 0, .op = plan::SeccompOperator::masked_equal, .value = 0x7E020000, .value_two = 0}})}));
    CHECK(verdict(program, "clone", {0x11}) == allow);
    CHECK(verdict(program, "clone", {0x10000000 | 0x11}) == refuse);  // CLONE_NEWUSER
    CHECK(verdict(program, "clone", {0x00020000}) == refuse);         // CLONE_NEWNS
    CHECK(verdict(program, "clone", {0x100000011}) == allow);         // CLONE_CLEAR_SIGHAND: not in the mask
    const seccomp::Program wide = seccomp::compile(filter(allow, {rule(refuse, {"lseek"},
                                                                       {{.index = 1,
                                                                         .op = plan::SeccompOperator::masked_equal,
                                                                         .value = 0xF0000000F,
                                                                         .value_two = 0x500000003}})}));
    CHECK(verdict(wide, "lseek", {0, 0x500000003}) == refuse);
    CHECK(verdict(wide, "lseek", {0, 0xA500000A03}) == refuse);
    CHECK(verdict(wide, "lseek", {0, 0x500000002}) == allow);
    CHECK(verdict(wide, "lseek", {0, 3}) == allow);
}

TEST_CASE("all conditions of a rule must hold", "[seccomp]") {
    std::vector<plan::SeccompCondition> conditions;
    for (std::uint32_t index = 0; index < 6; ++index) {
        conditions.push_back({.index = index, .op = plan::SeccompOperator::equal, .value = index + 1});
    }
    const seccomp::Program program = seccomp::compile(filter(allow, {rule(refuse, {"mmap"}, conditions)}));
    const std::vector<std::uint64_t> all{1, 2, 3, 4, 5, 6};
    CHECK(verdict(program, "mmap", all) == refuse);
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::vector<std::uint64_t> args = all;
        args[i] = 0;
        CHECK(verdict(program, "mmap", args) == allow);
    }
}

TEST_CASE("unknown names are left out, the others of the rule are not", "[seccomp]") {
    const seccomp::Program program =
        seccomp::compile(filter(allow, {rule(refuse, {"no_such_call", "getpid", ""}), rule(refuse, {"neither"})}));
    CHECK(verdict(program, "getpid") == refuse);
    CHECK(verdict(program, "getuid") == allow);
}

TEST_CASE("a rule that says what holds anyway changes nothing, but knows its calls", "[seccomp]") {
    const seccomp::Program program =
        seccomp::compile(filter(refuse, {rule(refuse, {"openat2"}), rule(allow, {"getpid"})}));
    CHECK(verdict(program, "openat2") == refuse);
    CHECK(verdict(program, "getpid") == allow);
}

TEST_CASE("rules that contradict each other are refused, unconditional ones take precedence", "[seccomp]") {
    const std::vector<plan::SeccompCondition> condition{{.index = 0, .op = plan::SeccompOperator::equal, .value = 1}};
    const Failure failure =
        refusal_of(filter(allow, {rule(refuse, {"lseek"}, condition), rule(enosys, {"lseek"}, condition)}));
    CHECK(failure.object == "/linux/seccomp/syscalls/3");
    CHECK(failure.reason.find("lseek") != std::string::npos);
    const seccomp::Program program =
        seccomp::compile(filter(allow, {rule(refuse, {"lseek"}, condition), rule(enosys, {"lseek"})}));
    CHECK(verdict(program, "lseek", {1}) == enosys);
    CHECK(verdict(program, "lseek", {2}) == enosys);
}

TEST_CASE("a program that the kernel would not take is refused", "[seccomp]") {
    std::vector<plan::SeccompRule> rules;
    for (std::uint64_t i = 0; i < 2500; ++i) {
        rules.push_back(
            rule(refuse, {"lseek"}, {{.index = 1, .op = plan::SeccompOperator::equal, .value = i << 32U | i}}));
    }
    const Failure failure = refusal_of(filter(allow, rules));
    CHECK(failure.object == "/linux/seccomp");
    CHECK(failure.reason.find("4096") != std::string::npos);
}

TEST_CASE("calls newer than the profile get ENOSYS where the default is an errno", "[seccomp]") {
    const std::vector<plan::SeccompRule> rules{rule(allow, {"getpid", "clone3"})};
    const auto newer = static_cast<std::uint32_t>(::seccomp_syscall_resolve_name("clone3")) + 1;
    const auto unlisted = static_cast<std::uint32_t>(::seccomp_syscall_resolve_name("getuid"));
    struct Row {
        std::uint32_t default_action, unlisted, newer;
    };
    for (const Row& row : {Row{refuse, refuse, enosys}, Row{SECCOMP_RET_ERRNO | 13, SECCOMP_RET_ERRNO | 13, enosys},
                           Row{enosys, enosys, enosys}, Row{kill, kill, kill},
                           Row{SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD},
                           Row{SECCOMP_RET_LOG, SECCOMP_RET_LOG, SECCOMP_RET_LOG},
                           Row{SECCOMP_RET_TRACE | 1, SECCOMP_RET_TRACE | 1, SECCOMP_RET_TRACE | 1},
                           Row{SECCOMP_RET_TRAP, SECCOMP_RET_TRAP, SECCOMP_RET_TRAP},
                           Row{SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF}}) {
        INFO(std::hex << row.default_action);
        const seccomp::Program program = seccomp::compile(filter(row.default_action, rules));
        CHECK(verdict(program, "clone3") == allow);
        CHECK(verdict_by_number(program, native_arch(), unlisted) == row.unlisted);
        CHECK(verdict_by_number(program, native_arch(), newer) == row.newer);
    }
    // Nothing is named: nothing is newer.
    CHECK(verdict_by_number(seccomp::compile(filter(refuse)), native_arch(), newer) == refuse);
}

TEST_CASE("architectures: what is not listed ends the process, x32 included", "[seccomp]") {
    if (!is_x86_64()) return;
    const std::vector<plan::SeccompRule> rules{rule(allow, {"getpid", "openat2"})};
    constexpr std::uint32_t x32 = 0x40000000;
    const seccomp::Program alone = seccomp::compile(filter(refuse, rules));
    CHECK(verdict_by_number(alone, AUDIT_ARCH_X86_64, 39) == allow);
    CHECK(verdict_by_number(alone, AUDIT_ARCH_X86_64, 438) == enosys);
    CHECK(verdict_by_number(alone, AUDIT_ARCH_X86_64, x32 + 39) == kill);
    CHECK(verdict_by_number(alone, AUDIT_ARCH_X86_64, x32 + 438) == kill);
    CHECK(verdict_by_number(alone, AUDIT_ARCH_I386, 20) == kill);
    CHECK(verdict_by_number(alone, AUDIT_ARCH_AARCH64, 172) == kill);

    const seccomp::Program all = seccomp::compile(filter(refuse, rules, {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}));
    CHECK(verdict_by_number(all, AUDIT_ARCH_X86_64, 39) == allow);
    CHECK(verdict_by_number(all, AUDIT_ARCH_X86_64, 438) == enosys);
    CHECK(verdict_by_number(all, AUDIT_ARCH_X86_64, x32 + 39) == allow);
    CHECK(verdict_by_number(all, AUDIT_ARCH_X86_64, x32 + 437) == allow);
    CHECK(verdict_by_number(all, AUDIT_ARCH_X86_64, x32 + 438) == enosys);
    CHECK(verdict_by_number(all, AUDIT_ARCH_X86_64, x32 + 520) == refuse);  // execve of x32: old, and not allowed
    CHECK(verdict_by_number(all, AUDIT_ARCH_I386, 20) == allow);
    CHECK(verdict_by_number(all, AUDIT_ARCH_I386, 437) == allow);
    CHECK(verdict_by_number(all, AUDIT_ARCH_I386, 438) == enosys);
    CHECK(verdict_by_number(all, AUDIT_ARCH_I386, 39) == refuse);
    CHECK(verdict_by_number(all, AUDIT_ARCH_AARCH64, 172) == kill);
}
