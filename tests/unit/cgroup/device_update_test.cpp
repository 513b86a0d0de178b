// What an update of device rules means: engines send a deny-all along with other limits (docker, podman).
#include "rt/plan/device_update.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using enum spec::DeviceRuleType;

namespace {

const host::CgroupLayout v1{.hierarchies = {{.mount_point = "/sys/fs/cgroup/devices", .controllers = {"devices"}},
                                            {.mount_point = "/sys/fs/cgroup/unified", .unified = true}},
                            .may_set_device_rules = true};
const host::CgroupLayout v2{.hierarchies = {{.mount_point = "/sys/fs/cgroup", .unified = true}},
                            .may_set_device_rules = true};

const spec::DeviceRule deny_all{.allow = false, .access = "rwm"};
const spec::DeviceRule allow_fuse{.allow = true, .type = character, .major = 10, .minor = 229, .access = "rwm"};

}  // namespace

TEST_CASE("an update without device rules, or with the engine's deny-all, leaves them", "[plan][device]") {
    for (const host::CgroupLayout& layout : {v1, v2}) {
        CHECK_FALSE(plan::plan_device_update({}, layout));
        CHECK_FALSE(plan::plan_device_update({deny_all}, layout));
        CHECK_FALSE(plan::plan_device_update({{.allow = false}}, layout));
        CHECK(plan::plan_device_update({{.allow = false, .access = "rw"}}, layout));
        CHECK(plan::plan_device_update({{.allow = false, .type = block}}, layout));
        CHECK(plan::plan_device_update({{.allow = true}}, layout));
        CHECK(plan::plan_device_update({deny_all, deny_all}, layout));
    }
}

TEST_CASE("a list replaces the rules, with those that every container has", "[plan][device]") {
    const auto on_v1 = plan::plan_device_update({deny_all, allow_fuse}, v1);
    REQUIRE(on_v1);
    CHECK_FALSE(on_v1->program);
    CHECK(on_v1->list == plan::plan_device_list(plan::plan_device_rules({deny_all, allow_fuse})));
    const auto on_v2 = plan::plan_device_update({deny_all, allow_fuse}, v2);
    REQUIRE(on_v2);
    CHECK_FALSE(on_v2->list);
    CHECK(on_v2->program == plan::plan_device_rules({deny_all, allow_fuse}));
}

TEST_CASE("root of a user namespace is told what it lacks", "[plan][device]") {
    host::CgroupLayout nested = v2;
    nested.may_set_device_rules = false;
    CHECK_FALSE(plan::plan_device_update({deny_all}, nested));
    try {
        plan::plan_device_update({deny_all, allow_fuse}, nested);
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.failure().object == "/linux/resources/devices");
        CHECK(error.failure().reason.find("CAP_BPF") != std::string::npos);
        CHECK(error.failure().reason.find("CAP_SYS_ADMIN in the initial user namespace") != std::string::npos);
    }
}
