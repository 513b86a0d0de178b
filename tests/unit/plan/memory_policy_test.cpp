#include "rt/plan/memory_policy.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/personality.hpp"

using namespace rt;

namespace {

plan::MemoryPolicy planned(const spec::MemoryPolicy& policy) {
    host::Facts facts;
    facts.possible_memory_nodes = "0-3";
    return plan::plan_memory_policy(policy, facts);
}

}  // namespace

TEST_CASE("the memory policies have the numbers of the kernel", "[plan][memory-policy]") {
    struct Case {
        spec::MemoryPolicy policy;
        int mode;  // include/uapi/linux/mempolicy.h
    };
    const Case cases[] = {
        {{.mode = "MPOL_DEFAULT"}, 0},
        {{.mode = "MPOL_PREFERRED"}, 1},
        {{.mode = "MPOL_PREFERRED", .nodes = "3"}, 1},
        {{.mode = "MPOL_BIND", .nodes = "0-1"}, 2},
        {{.mode = "MPOL_INTERLEAVE", .nodes = "0,2"}, 3},
        {{.mode = "MPOL_LOCAL"}, 4},
        {{.mode = "MPOL_PREFERRED_MANY", .nodes = "0-3"}, 5},
        {{.mode = "MPOL_WEIGHTED_INTERLEAVE", .nodes = "0-3"}, 6},
        {{.mode = "MPOL_BIND", .nodes = "0", .flags = {"MPOL_F_STATIC_NODES"}}, 2 | 1 << 15},
        {{.mode = "MPOL_BIND", .nodes = "0", .flags = {"MPOL_F_RELATIVE_NODES"}}, 2 | 1 << 14},
        {{.mode = "MPOL_BIND", .nodes = "0", .flags = {"MPOL_F_NUMA_BALANCING"}}, 2 | 1 << 13},
        {{.mode = "MPOL_BIND", .nodes = "0", .flags = {"MPOL_F_NUMA_BALANCING", "MPOL_F_STATIC_NODES"}}, 2 | 5 << 13},
        {{.mode = "MPOL_INTERLEAVE", .nodes = "0-9", .flags = {"MPOL_F_RELATIVE_NODES"}}, 3 | 1 << 14},
    };
    for (const Case& entry : cases) {
        const plan::MemoryPolicy policy = planned(entry.policy);
        CAPTURE(policy.description);
        CHECK(policy.mode == entry.mode);
        CHECK(policy.nodes.text() == entry.policy.nodes);
    }
}

TEST_CASE("what the memory policy does not take is refused at its place", "[plan][memory-policy]") {
    struct Case {
        spec::MemoryPolicy policy;
        const char* where;
    };
    const Case cases[] = {
        {{.mode = "MPOL_NONE"}, "mode"},
        {{.mode = ""}, "mode"},
        {{.mode = "mpol_bind", .nodes = "0"}, "mode"},
        {{.mode = "MPOL_DEFAULT", .nodes = "0"}, "nodes"},
        {{.mode = "MPOL_LOCAL", .nodes = "0"}, "nodes"},
        {{.mode = "MPOL_BIND"}, "nodes"},
        {{.mode = "MPOL_INTERLEAVE"}, "nodes"},
        {{.mode = "MPOL_WEIGHTED_INTERLEAVE"}, "nodes"},
        {{.mode = "MPOL_PREFERRED_MANY"}, "nodes"},
        {{.mode = "MPOL_BIND", .nodes = "0-"}, "nodes"},
        {{.mode = "MPOL_BIND", .nodes = "1024"}, "nodes"},
        {{.mode = "MPOL_BIND", .nodes = "3-4"}, "nodes"},  // the machine has 0-3
        {{.mode = "MPOL_BIND", .nodes = "0", .flags = {"MPOL_F_STATIC_NODES", "STATIC"}}, "flags/1"},
        {{.mode = "MPOL_BIND", .nodes = "0", .flags = {"MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"}}, "flags"},
        {{.mode = "MPOL_LOCAL", .flags = {"MPOL_F_STATIC_NODES"}}, "flags"},
        {{.mode = "MPOL_PREFERRED", .flags = {"MPOL_F_RELATIVE_NODES"}}, "flags"},
        {{.mode = "MPOL_INTERLEAVE", .nodes = "0", .flags = {"MPOL_F_NUMA_BALANCING"}}, "flags"},
    };
    for (const Case& entry : cases) {
        try {
            planned(entry.policy);
            FAIL("accepted: " << entry.policy.mode << " " << entry.policy.nodes);
        } catch (const Error& error) {
            CAPTURE(error.what());
            CHECK(error.failure().object == "/linux/memoryPolicy/" + std::string(entry.where));
        }
    }
}

TEST_CASE("where sysfs does not tell the memory nodes the kernel decides", "[plan][memory-policy]") {
    CHECK(plan::plan_memory_policy({.mode = "MPOL_BIND", .nodes = "1000"}, {}).nodes.contains(1000));
}

TEST_CASE("a personality is one of two domains and has no flags", "[plan][personality]") {
    CHECK(plan::plan_personality({.domain = "LINUX"}) == 0);
    CHECK(plan::plan_personality({.domain = "LINUX32"}) == 8);  // PER_LINUX32, include/uapi/linux/personality.h
    const auto refused_at = [](const spec::Personality& personality) -> std::string {
        try {
            plan::plan_personality(personality);
        } catch (const Error& error) {
            return error.failure().object;
        }
        return "";
    };
    CHECK(refused_at({.domain = "SUNOS"}) == "/linux/personality/domain");
    CHECK(refused_at({.domain = ""}) == "/linux/personality/domain");
    CHECK(refused_at({.domain = "LINUX", .flags = {"ADDR_NO_RANDOMIZE"}}) == "/linux/personality/flags/0");
}
