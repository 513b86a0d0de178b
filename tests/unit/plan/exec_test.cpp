#include "rt/plan/exec.hpp"

#include <linux/capability.h>
#include <sched.h>

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using plan::Exec;
using Strings = std::vector<std::string>;

namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

spec::Spec container() {
    spec::Spec spec;
    spec.process = spec::Process{.user = {.uid = 7, .gid = 8, .umask = 0027, .additional_gids = {9}},
                                 .args = {"sleep", "1000"},
                                 .env = {"PATH=/bin", "A=1"},
                                 .cwd = "/srv",
                                 .capabilities = spec::Capabilities{.effective = {"CAP_KILL"},
                                                                    .bounding = {"CAP_KILL"},
                                                                    .inheritable = {},
                                                                    .permitted = {"CAP_KILL"},
                                                                    .ambient = {}},
                                 .rlimits = {{.type = "RLIMIT_CORE", .soft = 1, .hard = 2}},
                                 .no_new_privileges = true,
                                 .oom_score_adj = 5,
                                 .scheduler = spec::Scheduler{.policy = "SCHED_BATCH"},
                                 .io_priority = spec::IoPriority{.io_class = "IOPRIO_CLASS_BE", .priority = 3},
                                 .exec_cpu_affinity = spec::ExecCpuAffinity{.initial = "0", .final = "1"}};
    spec.linux.namespaces = {{.type = NamespaceType::mount, .path = {}}};
    spec.linux.personality = spec::Personality{.domain = "LINUX32"};
    return spec;
}

plan::ExecTarget target() {
    plan::ExecTarget target;
    target.state.id = "web1";
    target.state.pid = 42;
    target.own_namespaces = {NamespaceType::pid, NamespaceType::mount, NamespaceType::time};
    target.session_keyring = "_ses.web1";
    return target;
}

host::Facts root() {
    host::Facts facts;
    facts.known_capabilities = facts.bounding = facts.capabilities = bit(CAP_LAST_CAP + 1) - 1;
    return facts;
}

Exec planned(const plan::ExecRequest& request, const spec::Spec& spec = container(),
             const plan::ExecTarget& into = target(), const host::Facts& facts = root()) {
    return plan::plan_exec(spec, request, into, facts);
}

Failure refusal_of(const plan::ExecRequest& request, const spec::Spec& spec = container()) {
    try {
        planned(request, spec);
    } catch (const Error& error) {
        return error.failure();
    }
    FAIL("accepted");
    return {};
}

}  // namespace

TEST_CASE("a program runs as that of the container does", "[plan][exec]") {
    const Exec exec = planned({.process = {}, .args = {"id", "-u"}});
    CHECK(exec.process.args == Strings{"id", "-u"});
    CHECK(exec.process.env == Strings{"PATH=/bin", "A=1"});
    CHECK(exec.process.cwd == "/srv");
    CHECK_FALSE(exec.process.makes_cwd);
    CHECK_FALSE(exec.process.terminal);
    CHECK(exec.process.credentials.uid == 7);
    CHECK(exec.process.credentials.gid == 8);
    CHECK(exec.process.credentials.groups == std::vector<std::uint32_t>{9});
    CHECK(exec.process.umask == 0027U);
    CHECK(exec.process.capabilities.bounding == bit(CAP_KILL));
    CHECK(exec.process.limits.size() == 1);
    CHECK(exec.process.no_new_privileges);
    CHECK(exec.process.oom_score_adj == 5);
    CHECK(exec.process.scheduling.scheduler->policy == SCHED_BATCH);
    CHECK(exec.process.scheduling.io_priority->level == 3);
    CHECK(exec.process.scheduling.exec_cpu_affinity.initial.text() == "0");
    CHECK(exec.process.scheduling.exec_cpu_affinity.final.text() == "1");
    CHECK(exec.process.personality == static_cast<unsigned long>(PER_LINUX32));
    CHECK(exec.process.session_keyring == "_ses.web1");
}

TEST_CASE("a terminal of the container's program is not one of another program", "[plan][exec]") {
    spec::Spec spec = container();
    spec.process->terminal = true;
    CHECK_FALSE(planned({.process = {}, .args = {"id"}}, spec).process.terminal);
    CHECK(planned({.process = {}, .args = {"id"}, .terminal = true}, spec).process.terminal);
}

TEST_CASE("what a process file leaves open is as for the program of the container", "[plan][exec]") {
    spec::Process file{.user = {.uid = 1, .gid = 2}, .args = {"true"}, .env = {"B=2"}, .cwd = "/"};
    plan::Process process = planned({.process = file}).process;
    CHECK(process.args == Strings{"true"});
    CHECK(process.env == Strings{"B=2"});  // not that of config.json
    CHECK(process.credentials.groups.empty());
    CHECK_FALSE(process.no_new_privileges);
    CHECK(process.umask == 0027U);
    CHECK(process.capabilities.bounding == bit(CAP_KILL));
    CHECK(process.limits.size() == 1);
    CHECK(process.oom_score_adj == 5);
    CHECK(process.scheduling.io_priority->level == 3);
    CHECK(process.scheduling.scheduler->policy == SCHED_BATCH);

    file.user.umask = 0;
    file.terminal = true;
    file.capabilities = spec::Capabilities{};
    file.rlimits = {{.type = "RLIMIT_CORE", .soft = 0, .hard = 0}, {.type = "RLIMIT_CPU", .soft = 1, .hard = 1}};
    file.oom_score_adj = 0;
    file.scheduler = spec::Scheduler{.policy = "SCHED_IDLE"};
    file.io_priority = spec::IoPriority{.io_class = "IOPRIO_CLASS_IDLE", .priority = 0};
    file.exec_cpu_affinity = spec::ExecCpuAffinity{.initial = "", .final = "0"};
    process = planned({.process = file}).process;
    CHECK(process.terminal);
    CHECK(process.umask == 0U);
    CHECK(process.capabilities.bounding == 0);
    CHECK(process.limits.size() == 2);
    CHECK(process.oom_score_adj == 0);
    CHECK(process.scheduling.scheduler->policy == SCHED_IDLE);
    CHECK(process.scheduling.exec_cpu_affinity.initial.empty());
    CHECK(process.scheduling.exec_cpu_affinity.final.text() == "0");
}

TEST_CASE("what the options say goes before the process file", "[plan][exec]") {
    const spec::Process file{.user = {.uid = 1, .gid = 2}, .args = {"true"}, .env = {"B=2", "C=3"}, .cwd = "/"};
    const plan::Process process = planned({.process = file,
                                           .args = {"false"},
                                           .terminal = true,
                                           .user = {.user = "5", .groups = {"6"}},
                                           .cwd = "/tmp",
                                           .env = {"C=4", "D=5"},
                                           .no_new_privileges = true})
                                      .process;
    CHECK(process.args == Strings{"false"});
    CHECK(process.terminal);
    CHECK(process.credentials.uid == 5);
    CHECK(process.credentials.gid == 2);
    CHECK(process.credentials.groups == std::vector<std::uint32_t>{6});
    CHECK(process.cwd == "/tmp");
    CHECK(process.env == Strings{"B=2", "C=4", "D=5"});
    CHECK(process.no_new_privileges);
}

TEST_CASE("a capability is added to three sets, to ambient only beside inheritable", "[plan][exec]") {
    plan::CapabilitySets sets =
        planned({.process = {}, .args = {"id"}, .capabilities = {"CAP_NET_RAW"}}).process.capabilities;
    const std::uint64_t both = bit(CAP_KILL) | bit(CAP_NET_RAW);
    CHECK(sets.bounding == both);
    CHECK(sets.permitted == both);
    CHECK(sets.effective == both);
    CHECK(sets.inheritable == 0);
    CHECK(sets.ambient == 0);

    spec::Spec spec = container();
    spec.process->capabilities->bounding.emplace_back("CAP_NET_RAW");
    spec.process->capabilities->inheritable = {"CAP_KILL", "CAP_NET_RAW"};
    sets = planned({.process = {}, .args = {"id"}, .capabilities = {"CAP_NET_RAW"}}, spec).process.capabilities;
    CHECK(sets.inheritable == both);
    CHECK(sets.ambient == bit(CAP_NET_RAW));

    spec.process->capabilities.reset();
    sets = planned({.process = {}, .args = {"id"}, .capabilities = {"CAP_NET_RAW"}}, spec).process.capabilities;
    CHECK(sets.effective == bit(CAP_NET_RAW));
    const Exec unknown = planned({.process = {}, .args = {"id"}, .capabilities = {"CAP_NOSUCH"}});
    REQUIRE(unknown.warnings.size() == 1);
    CHECK(unknown.warnings[0].find("CAP_NOSUCH") != std::string::npos);
}

TEST_CASE("namespaces are joined at once, the pid namespace by birth or by a second clone", "[plan][exec]") {
    Exec exec = planned({.process = {}, .args = {"id"}});
    CHECK(exec.namespaces == (std::uint64_t{CLONE_NEWNS} | CLONE_NEWTIME));
    CHECK(exec.born_in_pid_namespace);
    CHECK_FALSE(exec.second_clone);
    CHECK_FALSE(exec.enters_root);

    exec = planned({.process = {}, .args = {"id"}}, container(), target(), {});
    CHECK(exec.namespaces == (std::uint64_t{CLONE_NEWNS} | CLONE_NEWTIME | CLONE_NEWPID));
    CHECK_FALSE(exec.born_in_pid_namespace);
    CHECK(exec.second_clone);

    plan::ExecTarget shared = target();
    shared.own_namespaces = {};
    spec::Spec spec = container();
    spec.linux.namespaces = {{.type = NamespaceType::mount, .path = "/proc/1/ns/mnt"}};
    for (const host::Facts& facts : {root(), host::Facts()}) {
        exec = planned({.process = {}, .args = {"id"}}, spec, shared, facts);
        CHECK(exec.namespaces == 0);
        CHECK_FALSE(exec.born_in_pid_namespace);
        CHECK_FALSE(exec.second_clone);
        CHECK(exec.enters_root);
    }
}

TEST_CASE("ids are those of the container's user namespace", "[plan][exec]") {
    plan::ExecTarget into = target();
    into.own_namespaces.push_back(NamespaceType::user);
    into.maps = {.uid_map = "1000 100000 10\n", .gid_map = "0 100000 10\n", .groups_denied = true};
    spec::Spec without_groups = container();
    without_groups.process->user.additional_gids.clear();
    const Exec exec = planned({.process = {}, .args = {"id"}, .user = {.user = "1003"}}, without_groups, into, root());
    CHECK(exec.mappings.mapped);
    CHECK(exec.mappings.groups_denied);
    CHECK(exec.setup_uid == 1003);
    CHECK(exec.setup_gid == 0);
    try {
        planned({.process = {}, .args = {"id"}, .user = {.user = "0"}}, without_groups, into, root());
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.failure().object == "/process/user/uid");
    }
}

TEST_CASE("what cannot be is refused", "[plan][exec]") {
    CHECK(refusal_of({.process = {}, .args = {"id"}, .terminal = true, .detach = true}).hint.find("--console-socket") !=
          std::string::npos);
    CHECK(refusal_of({.process = {}, .args = {"id"}, .console_socket = true}).object == "--console-socket");
    CHECK_NOTHROW(planned({.process = {}, .args = {"id"}, .terminal = true, .detach = true, .console_socket = true}));
    CHECK(refusal_of({.process = {}, .args = {"id"}, .cwd = "srv"}).object == "--cwd");
    spec::Spec without = container();
    without.process.reset();
    CHECK(refusal_of({.process = {}, .args = {"id"}}, without).object == "/process");
}
