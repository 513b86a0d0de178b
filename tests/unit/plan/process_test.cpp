#include "rt/plan/process.hpp"

#include <linux/capability.h>
#include <sched.h>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using plan::Process;
using Strings = std::vector<std::string>;

namespace {

const plan::Namespaces no_namespaces;
const plan::Namespaces new_user_namespace{.created = CLONE_NEWUSER};

spec::Process program() { return {.args = {"sh"}, .cwd = "/"}; }

// Ids 0 and 1000-1999 of users, 0-9 of groups.
plan::UserMappings mapped() {
    const JsonPointer where("/linux");
    plan::UserMappings mappings;
    mappings.mapped = true;
    mappings.uids = plan::IdMappings::validate({{1000, 200000, 1000}, {0, 100000, 1}}, where / "uidMappings");
    mappings.gids = plan::IdMappings::validate({{0, 100000, 10}}, where / "gidMappings");
    return mappings;
}

Process planned(const spec::Process& process, const plan::UserMappings& mappings = {}) {
    std::vector<std::string> warnings;
    return plan::plan_process(process, no_namespaces, mappings, {}, warnings);
}

Failure refusal_of(const spec::Process& process, const plan::UserMappings& mappings = {}) {
    return test::refusal_of([&] { planned(process, mappings); });
}

Process with_environment(const Strings& env) {
    spec::Process process = program();
    process.env = env;
    return planned(process);
}

Failure refusal_of_limits(const std::vector<spec::Rlimit>& limits) {
    spec::Process process = program();
    process.rlimits = limits;
    return refusal_of(process);
}

}  // namespace

TEST_CASE("further groups are refused where the user namespace denies setgroups", "[plan][process]") {
    plan::UserMappings denied = mapped();
    denied.groups_denied = true;
    spec::Process process = program();
    CHECK(planned(process, denied).credentials.groups.empty());
    process.user.additional_gids = {5};
    CHECK(planned(process, mapped()).credentials.groups == std::vector<std::uint32_t>{5});
    const Failure failure = refusal_of(process, denied);
    CHECK(failure.object == "/process/user/additionalGids");
    CHECK(test::has(failure.reason, "setgroups(2)"));
}

TEST_CASE("the caller's groups stay where that is wanted, or nothing else is possible", "[plan][process]") {
    const auto with = [](const spec::Process& process, plan::Groups groups, std::vector<std::string>& warnings) {
        return plan::plan_process(process, no_namespaces, mapped(), {}, warnings, groups).credentials;
    };
    spec::Process process = program();
    std::vector<std::string> warnings;
    CHECK_FALSE(with(process, plan::Groups::as_configured, warnings).keeps_groups);
    CHECK(with(process, plan::Groups::kept_by_annotation, warnings).keeps_groups);
    CHECK(with(process, plan::Groups::kept_by_option, warnings).keeps_groups);
    CHECK(warnings.empty());
    plan::UserMappings denied = mapped();
    denied.groups_denied = true;
    CHECK(planned(process, denied).credentials.keeps_groups);

    process.user.additional_gids = {5};
    CHECK_FALSE(with(process, plan::Groups::as_configured, warnings).keeps_groups);
    const Failure failure = test::refusal_of([&] { with(process, plan::Groups::kept_by_option, warnings); });
    CHECK(failure.object == "--keep-groups");
    CHECK(test::has(failure.reason, "/process/user/additionalGids"));
    CHECK(warnings.empty());
    // Podman lists the groups that the image gives to the user, and asks for those of the caller all the same.
    CHECK(with(process, plan::Groups::kept_by_annotation, warnings).groups.empty());
    REQUIRE(warnings.size() == 1);
    CHECK(test::has(warnings[0], "run.oci.keep_original_groups"));
}

TEST_CASE("by crun's annotation, or an option, the groups are kept", "[plan][process]") {
    using plan::choose_groups;
    const std::string key = "run.oci.keep_original_groups";
    CHECK(choose_groups({}, false) == plan::Groups::as_configured);
    CHECK(choose_groups({}, true) == plan::Groups::kept_by_option);
    for (const char* yes : {"1", "true"}) CHECK(choose_groups({{key, yes}}, false) == plan::Groups::kept_by_annotation);
    for (const char* no : {"0", "false"}) CHECK(choose_groups({{key, no}}, false) == plan::Groups::as_configured);
    CHECK(choose_groups({{key, "1"}}, true) == plan::Groups::kept_by_option);
    for (const char* odd : {"", "yes", "2"}) {
        CHECK(test::refusal_of([&] { choose_groups({{key, odd}}, false); }).object == "/annotations/" + key);
    }
}

TEST_CASE("what needs no decision is taken over", "[plan][process]") {
    spec::Process process = program();
    process.args = {"a", "", "b c"};
    process.cwd = "/work";
    process.terminal = true;
    process.console_size = spec::ConsoleSize{.height = 25, .width = 80};
    process.user = {.uid = 1000, .gid = 5, .umask = 0027, .additional_gids = {7, 7, 3}};
    process.no_new_privileges = true;
    process.oom_score_adj = -500;
    const Process result = planned(process);
    CHECK(result.args == process.args);
    CHECK(result.cwd == "/work");
    CHECK(result.terminal);
    CHECK(result.console_size->width == 80);
    CHECK(result.credentials.uid == 1000);
    CHECK(result.credentials.gid == 5);
    CHECK(result.credentials.groups == std::vector<std::uint32_t>{7, 7, 3});
    CHECK(result.umask == 0027U);
    CHECK(result.no_new_privileges);
    CHECK(result.oom_score_adj == -500);
}

TEST_CASE("what is absent stays absent", "[plan][process]") {
    const Process result = planned(program());
    CHECK_FALSE(result.umask);
    CHECK_FALSE(result.oom_score_adj);
    CHECK_FALSE(result.no_new_privileges);
    CHECK(result.limits.empty());
    CHECK(result.env.empty());
    CHECK(result.credentials.groups.empty());
    CHECK(result.capabilities.bounding == 0);
}

TEST_CASE("ids outside of the mapping are refused: which field, which id, which exist", "[plan][process]") {
    struct Case {
        spec::User user;
        const char* where;
        const char* id;
        const char* ranges;
    };
    const Case cases[] = {
        {{.uid = 1}, "/process/user/uid", "uid 1 ", "0, 1000-1999"},
        {{.uid = 999}, "/process/user/uid", "uid 999 ", "0, 1000-1999"},
        {{.uid = 2000}, "/process/user/uid", "uid 2000 ", "0, 1000-1999"},
        {{.uid = 200000}, "/process/user/uid", "uid 200000 ", "0, 1000-1999"},  // an id of the host
        {{.uid = 4294967295U}, "/process/user/uid", "uid 4294967295 ", "0, 1000-1999"},
        {{.uid = 1000, .gid = 10}, "/process/user/gid", "gid 10 ", "0-9"},
        {{.additional_gids = {5, 10}}, "/process/user/additionalGids/1", "gid 10 ", "0-9"},
        {{.additional_gids = {1000, 10}}, "/process/user/additionalGids/0", "gid 1000 ", "0-9"},
    };
    for (const Case& entry : cases) {
        spec::Process process = program();
        process.user = entry.user;
        const Failure failure = refusal_of(process, mapped());
        CAPTURE(failure.message());
        CHECK(failure.object == entry.where);
        CHECK(test::has(failure.reason, entry.id));
        CHECK(test::has(failure.reason, entry.ranges));
        CHECK_FALSE(failure.hint.empty());
    }
}

TEST_CASE("ids inside the mapping are taken, and without a mapping every id", "[plan][process]") {
    for (const std::uint32_t uid : {0U, 1000U, 1999U}) {
        spec::Process process = program();
        process.user = {.uid = uid, .gid = 9, .additional_gids = {0, 9}};
        CHECK(planned(process, mapped()).credentials.uid == uid);
        process.user = {.uid = uid + 50000, .gid = 77777, .additional_gids = {88888}};
        CHECK(planned(process).credentials.gid == 77777);
    }
}

TEST_CASE("of several values for one name of the environment the last one is left", "[plan][process]") {
    CHECK(with_environment({"A=1", "B=2", "A=3"}).env == Strings{"B=2", "A=3"});
    CHECK(with_environment({"A=1", "A=1", "A=1"}).env == Strings{"A=1"});
    CHECK(with_environment({"A=", "A"}).env == Strings{"A"});
    CHECK(with_environment({"AB=1", "A=2", "ABC=3"}).env == Strings{"AB=1", "A=2", "ABC=3"});
    CHECK(with_environment({"A=1=2", "A=3=4"}).env == Strings{"A=3=4"});
    CHECK(with_environment({"a=1", "A=2"}).env == Strings{"a=1", "A=2"});
    CHECK(with_environment({"A=line\nline", "B= x "}).env == Strings{"A=line\nline", "B= x "});
}

TEST_CASE("the limits are those of getrlimit(2)", "[plan][process]") {
    struct Case {
        const char* name;
        int resource;  // include/uapi/asm-generic/resource.h
    };
    const Case cases[] = {
        {"RLIMIT_CPU", 0},   {"RLIMIT_FSIZE", 1},   {"RLIMIT_DATA", 2},        {"RLIMIT_STACK", 3},
        {"RLIMIT_CORE", 4},  {"RLIMIT_RSS", 5},     {"RLIMIT_NPROC", 6},       {"RLIMIT_MEMLOCK", 8},
        {"RLIMIT_AS", 9},    {"RLIMIT_LOCKS", 10},  {"RLIMIT_SIGPENDING", 11}, {"RLIMIT_MSGQUEUE", 12},
        {"RLIMIT_NICE", 13}, {"RLIMIT_RTPRIO", 14}, {"RLIMIT_RTTIME", 15},
    };
    spec::Process process = program();
    for (const Case& entry : cases) process.rlimits.push_back({entry.name, 1, 18446744073709551615U});
    const Process result = planned(process);
    REQUIRE(result.limits.size() == std::size(cases));
    CHECK(std::size(cases) + 1 == plan::resource_limit_names.size());
    CHECK_FALSE(result.open_files);
    for (std::size_t i = 0; i < std::size(cases); ++i) {
        CAPTURE(cases[i].name);
        CHECK(result.limits[i].resource == cases[i].resource);
        CHECK(result.limits[i].soft == 1);
        CHECK(result.limits[i].hard == 18446744073709551615U);
    }
}

TEST_CASE("an unknown or repeated limit and a soft one above the hard one are refused", "[plan][process]") {
    struct Case {
        std::vector<spec::Rlimit> limits;
        const char* where;
        const char* word;
    };
    const Case cases[] = {
        {{{"RLIMIT_FOO", 1, 1}}, "/process/rlimits/0/type", "RLIMIT_FOO"},
        {{{"NOFILE", 1, 1}}, "/process/rlimits/0/type", "NOFILE"},
        {{{"rlimit_nofile", 1, 1}}, "/process/rlimits/0/type", "rlimit_nofile"},
        {{{"", 1, 1}}, "/process/rlimits/0/type", "''"},
        {{{"RLIMIT_CORE", 1, 1}, {"RLIMIT_NOFILE", 2, 1}}, "/process/rlimits/1", "soft limit 2"},
        {{{"RLIMIT_NOFILE", 18446744073709551615U, 1024}}, "/process/rlimits/0", "18446744073709551615"},
        {{{"RLIMIT_NOFILE", 1, 1}, {"RLIMIT_CORE", 1, 1}, {"RLIMIT_NOFILE", 1, 1}}, "/process/rlimits/2", "twice"},
    };
    for (const Case& entry : cases) {
        const Failure failure = refusal_of_limits(entry.limits);
        CAPTURE(failure.message());
        CHECK(failure.object == entry.where);
        CHECK(test::has(failure.reason, entry.word));
    }
    spec::Process process = program();
    process.rlimits = {{"RLIMIT_AS", 0, 0}, {"RLIMIT_CORE", 5, 5}};
    CHECK(planned(process).limits.size() == 2);
}

TEST_CASE("the limit of open files is set last, because rt itself needs them", "[plan][process]") {
    spec::Process process = program();
    process.rlimits = {{"RLIMIT_NOFILE", 3, 4}, {"RLIMIT_CORE", 5, 5}};
    const Process result = planned(process);
    CHECK(result.open_files->resource == 7);
    CHECK(result.open_files->soft == 3);
    CHECK(result.open_files->hard == 4);
    REQUIRE(result.limits.size() == 1);
    CHECK(result.limits.front().resource == 4);
}

TEST_CASE("in a user namespace every capability can be granted, else those that rt itself holds", "[plan][process]") {
    constexpr std::uint64_t kill = 1U << CAP_KILL;
    constexpr std::uint64_t chown = 1U << CAP_CHOWN;
    spec::Process process = program();
    const Strings names{"CAP_KILL", "CAP_CHOWN"};
    process.capabilities = spec::Capabilities{.effective = names, .bounding = names, .permitted = names};
    struct Case {
        plan::Namespaces namespaces;
        host::Facts facts;
        std::uint64_t granted;
    };
    const plan::Namespaces joined{.joined = {{NamespaceType::user, "/ns"}}};
    const plan::Namespaces new_network{.created = CLONE_NEWNET};
    const Case cases[] = {
        {new_user_namespace, {.known_capabilities = kill | chown}, kill | chown},
        {joined, {.known_capabilities = kill | chown}, kill | chown},
        {new_user_namespace, {.capabilities = kill, .bounding = kill, .known_capabilities = kill}, kill},
        {no_namespaces, {.known_capabilities = kill | chown}, 0},
        {no_namespaces,
         {.capabilities = kill | chown, .bounding = kill | chown, .known_capabilities = ~0U},
         kill | chown},
        {no_namespaces, {.capabilities = kill | chown, .bounding = kill, .known_capabilities = ~0U}, kill},
        {no_namespaces, {.capabilities = chown, .bounding = kill | chown, .known_capabilities = ~0U}, chown},
        {new_network, {.capabilities = kill, .bounding = kill | chown, .known_capabilities = ~0U}, kill},
    };
    for (const Case& entry : cases) {
        std::vector<std::string> warnings;
        const Process result = plan::plan_process(process, entry.namespaces, {}, entry.facts, warnings);
        CHECK(result.capabilities.bounding == entry.granted);
        CHECK(result.capabilities.permitted == entry.granted);
        CHECK(result.capabilities.effective == entry.granted);
        CHECK(warnings.size() == static_cast<std::size_t>((entry.granted & kill) == 0) +
                                     static_cast<std::size_t>((entry.granted & chown) == 0));
    }
}
