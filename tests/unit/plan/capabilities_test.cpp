#include "rt/plan/capabilities.hpp"

#include <linux/capability.h>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/text.hpp"

using namespace rt;
using plan::CapabilitySets;
using Strings = std::vector<std::string>;

namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

struct Planned {
    CapabilitySets sets;
    Strings warnings;
};

constexpr std::uint32_t user = 1000;

Planned planned(const spec::Capabilities& capabilities, std::uint64_t grantable = all, std::uint32_t uid = user) {
    Planned result;
    result.sets = plan::plan_capabilities(capabilities, grantable, uid, result.warnings);
    return result;
}

Strings warnings_naming(const Strings& warnings, const std::string& name) {
    Strings found;
    for (const std::string& warning : warnings) {
        if (warning.find(name) != std::string::npos) found.push_back(warning);
    }
    return found;
}

spec::Capabilities in_all_sets(const Strings& names) {
    return {.effective = names, .bounding = names, .inheritable = names, .permitted = names, .ambient = names};
}

}  // namespace

TEST_CASE("the names are those of capabilities(7), with the numbers of the kernel", "[plan][capabilities]") {
    const char* names[] = {
        // include/uapi/linux/capability.h, from 0 on
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_DAC_READ_SEARCH",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE",
        "CAP_NET_BIND_SERVICE",
        "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN",
        "CAP_NET_RAW",
        "CAP_IPC_LOCK",
        "CAP_IPC_OWNER",
        "CAP_SYS_MODULE",
        "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE",
        "CAP_SYS_PACCT",
        "CAP_SYS_ADMIN",
        "CAP_SYS_BOOT",
        "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME",
        "CAP_SYS_TTY_CONFIG",
        "CAP_MKNOD",
        "CAP_LEASE",
        "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE",
        "CAP_MAC_ADMIN",
        "CAP_SYSLOG",
        "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ",
        "CAP_PERFMON",
        "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    };
    for (unsigned number = 0; number < std::size(names); ++number) {
        CAPTURE(names[number]);
        const auto [sets, warnings] = planned({.bounding = {names[number]}});
        CHECK(sets.bounding == bit(number));
        CHECK(warnings.empty());
        CHECK(plan::capability_name(number) == names[number]);
    }
    CHECK(plan::capability_name(63) == "capability 63");
}

TEST_CASE("each set is taken as given", "[plan][capabilities]") {
    const auto [sets, warnings] = planned({.effective = {"CAP_KILL"},
                                           .bounding = {"CAP_KILL", "CAP_CHOWN", "CAP_BPF", "CAP_FOWNER"},
                                           .inheritable = {"CAP_CHOWN", "CAP_BPF"},
                                           .permitted = {"CAP_KILL", "CAP_BPF", "CAP_KILL"},
                                           .ambient = {"CAP_BPF"}});
    CHECK(warnings.empty());
    CHECK(sets.bounding == (bit(CAP_KILL) | bit(CAP_CHOWN) | bit(CAP_FOWNER) | bit(39)));
    CHECK(sets.permitted == (bit(CAP_KILL) | bit(39)));
    CHECK(sets.effective == bit(CAP_KILL));
    CHECK(sets.inheritable == (bit(CAP_CHOWN) | bit(39)));
    CHECK(sets.ambient == bit(39));
}

TEST_CASE("empty sets mean no capability", "[plan][capabilities]") {
    const auto [sets, warnings] = planned({});
    CHECK((sets.bounding | sets.permitted | sets.effective | sets.inheritable | sets.ambient) == 0);
    CHECK(warnings.empty());
}

TEST_CASE("an unknown name is left out with one warning that names it, and the rest stays", "[plan][capabilities]") {
    for (const char* name : {"CAP_FOO", "cap_kill", "CAP_kill", "Cap_Kill", "KILL", "kill", "CAP_", "", "CAP_KILL ",
                             " CAP_KILL", "CAP_CAP_KILL", "CAP_5", "CAP_41", "ALL", "CAP_ALL", "CAP_LAST_CAP"}) {
        CAPTURE(name);
        const auto [sets, warnings] = planned(in_all_sets({name, "CAP_CHOWN"}));
        CHECK(sets.bounding == bit(CAP_CHOWN));
        CHECK(sets.ambient == bit(CAP_CHOWN));
        REQUIRE(warnings.size() == 1);
        CHECK(warnings_naming(warnings, concat("'", name, "'")).size() == 1);
    }
}

TEST_CASE("a capability that cannot be granted is left out of all sets with one warning", "[plan][capabilities]") {
    const auto [sets, warnings] = planned(in_all_sets({"CAP_SYS_ADMIN", "CAP_KILL"}), bit(CAP_KILL));
    for (const std::uint64_t set : {sets.bounding, sets.permitted, sets.effective, sets.inheritable, sets.ambient}) {
        CHECK(set == bit(CAP_KILL));
    }
    REQUIRE(warnings.size() == 1);
    CHECK(warnings_naming(warnings, "CAP_SYS_ADMIN").size() == 1);
}

TEST_CASE("what the kernel forbids in a set is left out of it with a warning", "[plan][capabilities]") {
    const Strings kill{"CAP_KILL"};
    struct Case {
        const char* rule;  // capabilities(7)
        spec::Capabilities capabilities;
        std::uint64_t CapabilitySets::* set;
    };
    const Case cases[] = {
        {"effective within permitted", {.effective = kill, .bounding = kill}, &CapabilitySets::effective},
        {"ambient within inheritable",
         {.bounding = kill, .permitted = kill, .ambient = kill},
         &CapabilitySets::ambient},
        {"ambient within permitted",
         {.bounding = kill, .inheritable = kill, .ambient = kill},
         &CapabilitySets::ambient},
        {"inheritable within bounding", {.inheritable = kill}, &CapabilitySets::inheritable},
        {"permitted within bounding", {.permitted = kill}, &CapabilitySets::permitted},
    };
    for (const Case& entry : cases) {
        CAPTURE(entry.rule);
        const auto [sets, warnings] = planned(entry.capabilities);
        CHECK(sets.*entry.set == 0);
        REQUIRE(warnings.size() == 1);
        CHECK(warnings_naming(warnings, "CAP_KILL").size() == 1);
    }
}

TEST_CASE("ambient capabilities that cannot be are named in one line, and of root in none", "[plan][capabilities]") {
    const Strings names{"CAP_CHOWN", "CAP_KILL"};
    const spec::Capabilities without_inheritable{.bounding = names, .permitted = names, .ambient = names};
    const auto [sets, warnings] = planned(without_inheritable);
    CHECK(sets.ambient == 0);
    REQUIRE(warnings.size() == 1);
    CHECK(test::has(warnings[0], "left out of ambient: CAP_CHOWN, CAP_KILL"));
    const auto [sets_of_root, warnings_of_root] = planned(without_inheritable, all, 0);
    CHECK(sets_of_root.ambient == 0);
    CHECK(warnings_of_root.empty());
}

TEST_CASE("without a bounding set nothing is left, and each capability is named by one warning",
          "[plan][capabilities]") {
    const Strings names{"CAP_KILL", "CAP_CHOWN"};
    const auto [sets, warnings] =
        planned({.effective = names, .inheritable = names, .permitted = names, .ambient = names});
    CHECK((sets.bounding | sets.permitted | sets.effective | sets.inheritable | sets.ambient) == 0);
    CHECK(warnings_naming(warnings, "CAP_KILL").size() == 1);
    CHECK(warnings_naming(warnings, "CAP_CHOWN").size() == 1);
}
