#include "rt/plan/seccomp.hpp"

#include <set>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

using namespace rt;
using Strings = std::vector<std::string>;

namespace {

constexpr std::uint32_t every_flag = 0x3F;  // linux/seccomp.h of Linux 5.19: six of them
constexpr std::uint32_t eperm = 0x00050001;
const plan::SeccompCircumstances usual{.known_flags = every_flag, .no_new_privileges = true, .privileged = true};

spec::SeccompRule rule(const std::string& action, const Strings& names = {"read"}) {
    return {.names = names, .action = action};
}

spec::Seccomp profile(const std::string& default_action, const std::vector<spec::SeccompRule>& rules = {}) {
    return {.default_action = default_action, .syscalls = rules};
}

spec::Seccomp notifying(const std::string& path = "/run/agent") {
    spec::Seccomp seccomp = profile("SCMP_ACT_ALLOW", {rule("SCMP_ACT_ALLOW"), rule("SCMP_ACT_NOTIFY")});
    seccomp.listener_path = path;
    return seccomp;
}

Failure refusal_of(const spec::Seccomp& seccomp, const plan::SeccompCircumstances& circumstances = usual) {
    return test::refusal_of([&] { plan::plan_seccomp(seccomp, circumstances); });
}

Strings names_of(const std::vector<plan::SeccompArchitecture>& architectures) {
    Strings names;
    for (const auto& architecture : architectures) names.emplace_back(architecture.name);
    return names;
}

}  // namespace

// The numbers are those of linux/seccomp.h.
TEST_CASE("each action is what the kernel calls it", "[plan][seccomp]") {
    struct Row {
        const char* name;
        std::uint32_t value;
        bool takes_errno;
    };
    const Row rows[] = {
        {"SCMP_ACT_KILL", 0x00000000, false},         {"SCMP_ACT_KILL_THREAD", 0x00000000, false},
        {"SCMP_ACT_KILL_PROCESS", 0x80000000, false}, {"SCMP_ACT_TRAP", 0x00030000, false},
        {"SCMP_ACT_ERRNO", 0x00050001, true},         {"SCMP_ACT_TRACE", 0x7FF00001, true},
        {"SCMP_ACT_LOG", 0x7FFC0000, false},          {"SCMP_ACT_ALLOW", 0x7FFF0000, false},
        {"SCMP_ACT_NOTIFY", 0x7FC00000, false},
    };
    CHECK(std::size(rows) == plan::seccomp_actions.size());
    for (const Row& row : rows) {
        INFO(row.name);
        spec::Seccomp seccomp = profile(row.name, {rule(row.name)});
        seccomp.listener_path = "/run/agent";
        const plan::Seccomp planned = plan::plan_seccomp(seccomp, usual);
        CHECK(planned.default_action == row.value);
        CHECK(planned.rules.at(0).action == row.value);
        // A18, A19: an errno for an action that returns none.
        for (const std::uint32_t number : {0U, 13U}) {
            spec::Seccomp by_default = seccomp;
            by_default.default_errno_ret = number;
            spec::Seccomp by_rule = seccomp;
            by_rule.syscalls[0].errno_ret = number;
            if (row.takes_errno) {
                const std::uint32_t wanted = (row.value & 0xFFFF0000) | number;
                CHECK(plan::plan_seccomp(by_default, usual).default_action == wanted);
                CHECK(plan::plan_seccomp(by_rule, usual).rules.at(0).action == wanted);
                continue;
            }
            CHECK(refusal_of(by_default).object == "/linux/seccomp/defaultErrnoRet");
            CHECK(refusal_of(by_rule).object == "/linux/seccomp/syscalls/0/errnoRet");
            CHECK(test::has(refusal_of(by_rule).reason, row.name));
        }
    }
}

TEST_CASE("an errno that is none is refused", "[plan][seccomp]") {
    spec::Seccomp seccomp = profile("SCMP_ACT_ERRNO");
    seccomp.default_errno_ret = 4094;
    CHECK(plan::plan_seccomp(seccomp, usual).default_action == 0x00050FFE);
    seccomp.default_errno_ret = 4095;
    CHECK(test::has(refusal_of(seccomp).reason, "4095 is above 4094"));
    seccomp.default_action = "SCMP_ACT_TRACE";
    seccomp.default_errno_ret = 65535;
    CHECK(plan::plan_seccomp(seccomp, usual).default_action == 0x7FF0FFFF);
    seccomp.default_errno_ret = 65536;
    CHECK(refusal_of(seccomp).object == "/linux/seccomp/defaultErrnoRet");
}

TEST_CASE("an unknown word is refused at its place, with the words that there are", "[plan][seccomp]") {
    const auto check = [](const spec::Seccomp& seccomp, const char* where, const char* known) {
        const Failure failure = refusal_of(seccomp);
        CHECK(failure.object == where);
        CHECK(test::has(failure.reason, "SCMP_WRONG"));
        CHECK(test::has(failure.hint, known));
    };
    check(profile("SCMP_WRONG"), "/linux/seccomp/defaultAction", "SCMP_ACT_KILL_PROCESS");
    check(profile("SCMP_ACT_ALLOW", {rule("SCMP_ACT_LOG"), rule("SCMP_WRONG")}), "/linux/seccomp/syscalls/1/action",
          "SCMP_ACT_NOTIFY");
    spec::Seccomp seccomp = profile("SCMP_ACT_ALLOW", {rule("SCMP_ACT_LOG")});
    seccomp.syscalls[0].args = {{.index = 0, .op = "SCMP_CMP_EQ"}, {.index = 1, .op = "SCMP_WRONG"}};
    check(seccomp, "/linux/seccomp/syscalls/0/args/1/op", "SCMP_CMP_MASKED_EQ");
    seccomp = profile("SCMP_ACT_ALLOW");
    seccomp.architectures = {"SCMP_ARCH_X86", "SCMP_WRONG"};
    check(seccomp, "/linux/seccomp/architectures/1", "SCMP_ARCH_LOONGARCH64");
    seccomp.architectures = {};
    seccomp.flags = Strings{"SCMP_WRONG"};
    check(seccomp, "/linux/seccomp/flags/0", "SECCOMP_FILTER_FLAG_LOG");
    CHECK(refusal_of(profile("scmp_act_allow")).object == "/linux/seccomp/defaultAction");
    CHECK(refusal_of(profile("SCMP_ACT_ALLO")).object == "/linux/seccomp/defaultAction");
}

TEST_CASE("conditions are taken over; an argument that is named twice makes rules of one condition each",
          "[plan][seccomp]") {
    using enum plan::SeccompOperator;
    struct Row {
        const char* word;
        plan::SeccompOperator op;
    };
    const Row rows[] = {{"SCMP_CMP_NE", not_equal},          {"SCMP_CMP_LT", less},
                        {"SCMP_CMP_LE", less_or_equal},      {"SCMP_CMP_EQ", equal},
                        {"SCMP_CMP_GE", greater_or_equal},   {"SCMP_CMP_GT", greater},
                        {"SCMP_CMP_MASKED_EQ", masked_equal}};
    CHECK(std::size(rows) == plan::seccomp_operators.size());
    for (const Row& row : rows) {
        spec::Seccomp seccomp = profile("SCMP_ACT_ALLOW", {rule("SCMP_ACT_ERRNO")});
        seccomp.syscalls[0].args = {{.index = 5, .value = ~std::uint64_t{0}, .value_two = 7, .op = row.word}};
        const plan::Seccomp planned = plan::plan_seccomp(seccomp, usual);
        REQUIRE(planned.rules.size() == 1);
        REQUIRE(planned.rules[0].conditions.size() == 1);
        const plan::SeccompCondition& condition = planned.rules[0].conditions[0];
        CHECK(condition.index == 5);
        CHECK(condition.op == row.op);
        CHECK(condition.value == ~std::uint64_t{0});
        CHECK(condition.value_two == 7);
    }
    spec::Seccomp seccomp = profile("SCMP_ACT_ALLOW", {rule("SCMP_ACT_LOG"), rule("SCMP_ACT_ERRNO", {"a", "b"})});
    seccomp.syscalls[1].args = {{.index = 0, .value = 1, .op = "SCMP_CMP_EQ"},
                                {.index = 1, .value = 2, .op = "SCMP_CMP_EQ"}};
    CHECK(plan::plan_seccomp(seccomp, usual).rules.size() == 2);
    CHECK(plan::plan_seccomp(seccomp, usual).remarks.empty());
    seccomp.syscalls[1].args[1].index = 0;
    const plan::Seccomp planned = plan::plan_seccomp(seccomp, usual);
    REQUIRE(planned.rules.size() == 3);
    for (const std::size_t i : {1U, 2U}) {
        CHECK(planned.rules[i].position == 1);
        CHECK(planned.rules[i].names == Strings{"a", "b"});
        CHECK(planned.rules[i].action == eperm);
        REQUIRE(planned.rules[i].conditions.size() == 1);
        CHECK(planned.rules[i].conditions[0].value == i);
    }
    REQUIRE(planned.remarks.size() == 1);
    CHECK(test::has(planned.remarks[0], "/linux/seccomp/syscalls/1"));
}

TEST_CASE("the tables name each thing once, and name what config-linux.md lists", "[plan][seccomp]") {
    std::set<std::string_view> names;
    std::set<std::uint32_t> tokens;
    for (const auto& row : plan::seccomp_architectures) {
        CHECK(names.insert(row.name).second);
        CHECK(tokens.insert(row.token).second);
    }
    for (const char* name :
         {"X86",    "X86_64",   "X32",         "ARM",         "AARCH64", "MIPS",    "MIPS64", "MIPS64N32",
          "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC",         "PPC64",   "PPC64LE", "S390",   "S390X",
          "PARISC", "PARISC64", "RISCV64",     "LOONGARCH64", "M68K",    "SH",      "SHEB"}) {
        CHECK(names.contains(concat("SCMP_ARCH_", name)));
    }
    CHECK(names.size() == 23);
    CHECK(plan::seccomp_flags.size() == 4);
}

TEST_CASE("the machine's own architecture comes first, foreign ones are left out", "[plan][seccomp]") {
    const std::string native(plan::native_architecture());
    spec::Seccomp seccomp = profile("SCMP_ACT_ALLOW");
    CHECK(names_of(plan::plan_seccomp(seccomp, usual).architectures) == Strings{native});
    for (const auto& row : plan::seccomp_architectures) seccomp.architectures.emplace_back(row.name);
    seccomp.architectures.push_back(native);
    const plan::Seccomp planned = plan::plan_seccomp(seccomp, usual);
    const Strings names = names_of(planned.architectures);
    CHECK(names.front() == native);
    CHECK(names.size() + planned.remarks.size() == plan::seccomp_architectures.size());
    if (native == "SCMP_ARCH_X86_64") CHECK(names == Strings{native, "SCMP_ARCH_X86", "SCMP_ARCH_X32"});
    if (native == "SCMP_ARCH_AARCH64") CHECK(names == Strings{native, "SCMP_ARCH_ARM"});
}

TEST_CASE("without a list of flags the filter does not slow the program down", "[plan][seccomp]") {
    struct Row {
        std::optional<Strings> words;
        std::uint32_t flags;  // linux/seccomp.h: TSYNC 1, LOG 2, SPEC_ALLOW 4, NEW_LISTENER 8, WAIT_KILLABLE_RECV 32
    };
    const Row rows[] = {{std::nullopt, 4},
                        {Strings{}, 0},
                        {Strings{"SECCOMP_FILTER_FLAG_LOG"}, 2},
                        {Strings{"SECCOMP_FILTER_FLAG_TSYNC"}, 0},
                        {Strings{"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"}, 4},
                        {Strings{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}, 0}};
    for (const Row& row : rows) {
        spec::Seccomp seccomp = profile("SCMP_ACT_ALLOW");
        seccomp.flags = row.words;
        CHECK(plan::plan_seccomp(seccomp, usual).flags == row.flags);
    }
    spec::Seccomp seccomp = notifying();
    CHECK(plan::plan_seccomp(seccomp, usual).flags == 12);
    seccomp.flags = Strings{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"};
    CHECK(plan::plan_seccomp(seccomp, usual).flags == 40);

    plan::SeccompCircumstances older = usual;
    older.known_flags = 0x1F;
    const Failure failure = refusal_of(seccomp, older);
    CHECK(failure.object == "/linux/seccomp/flags/0");
    CHECK(test::has(failure.reason, "this kernel has no SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"));
}

TEST_CASE("a listener: needed, complete, absolute, or not used", "[plan][seccomp]") {
    spec::Seccomp seccomp = notifying();
    seccomp.listener_metadata = "opaque";
    plan::Seccomp planned = plan::plan_seccomp(seccomp, usual);
    CHECK(planned.notifies());
    CHECK(planned.listener_path == "/run/agent");
    CHECK(planned.listener_metadata == "opaque");
    CHECK(planned.remarks.empty());

    CHECK(refusal_of(notifying("")).object == "/linux/seccomp/syscalls/1/action");
    CHECK(refusal_of(profile("SCMP_ACT_NOTIFY")).object == "/linux/seccomp/defaultAction");
    CHECK(refusal_of(notifying("run/agent")).object == "/linux/seccomp/listenerPath");
    seccomp.listener_path = "";
    CHECK(refusal_of(seccomp).object == "/linux/seccomp/listenerMetadata");  // C14

    spec::Seccomp idle = profile("SCMP_ACT_ALLOW", {rule("SCMP_ACT_ERRNO")});
    idle.listener_path = "not/absolute";
    idle.listener_metadata = "opaque";
    planned = plan::plan_seccomp(idle, usual);
    CHECK_FALSE(planned.notifies());
    CHECK((planned.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) == 0);
    REQUIRE(planned.remarks.size() == 1);
    CHECK(test::has(planned.remarks[0], "/linux/seccomp/listenerPath"));
}

TEST_CASE("who may load a filter", "[plan][seccomp]") {
    struct Row {
        bool no_new_privileges, privileged, accepted, needs_privilege;
    };
    for (const Row& row : {Row{true, false, true, false}, Row{true, true, true, false}, Row{false, true, true, true},
                           Row{false, false, false, false}}) {
        const plan::SeccompCircumstances circumstances{
            .known_flags = every_flag, .no_new_privileges = row.no_new_privileges, .privileged = row.privileged};
        if (row.accepted) {
            CHECK(plan::plan_seccomp(profile("SCMP_ACT_ALLOW"), circumstances).needs_privilege == row.needs_privilege);
        } else {
            CHECK(test::has(refusal_of(profile("SCMP_ACT_ALLOW"), circumstances).hint, "/process/noNewPrivileges"));
        }
    }
    CHECK(
        test::has(refusal_of(profile("SCMP_ACT_ALLOW"), {.no_new_privileges = true}).reason, "no system call filters"));
}
