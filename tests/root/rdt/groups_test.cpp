// The groups of a container in resctrl, from their making to their end.
#include "rt/rdt/groups.hpp"

#include "catch.hpp"
#include "fake_resctrl.hpp"
#include "root/cgroup/cgroups.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

using namespace rt;
using namespace rt::test;
using rdt::Groups;
using Strings = std::vector<std::string>;

namespace {

plan::Rdt plan_at(const FakeResctrl& resctrl, const spec::IntelRdt& rdt, const std::string& id = "web1") {
    spec::Linux config;
    config.intel_rdt = rdt;
    return plan::plan_rdt(config, id, resctrl.root()).value();
}

Failure refusal_of(const plan::Rdt& plan) {
    try {
        Groups::create(plan);
    } catch (const Error& error) {
        return error.failure();
    }
    return {.doing = "nothing: accepted"};
}

}  // namespace

TEST_CASE("a class of the container's own: made, written in order, joined, removed", "[rdt]") {
    const FakeResctrl resctrl;
    const plan::Rdt plan =
        plan_at(resctrl, {.schemata = {"L3:0=3"}, .l3_cache_schema = "L3:0=f0;1=f", .mem_bw_schema = "MB:0=20"});
    const Strings directories{resctrl.root() + "/web1"};
    CHECK(rdt::directories_to_remove(plan) == directories);
    Groups groups = Groups::create(plan);
    CHECK(resctrl.log() ==
          Strings{"make /web1", "write /web1 L3:0=f0;1=f", "write /web1 MB:0=20", "write /web1 L3:0=3"});
    const Process process;
    groups.join(process.pid());
    CHECK(resctrl.text_of("web1/tasks") == concat(process.pid(), "\n"));
    groups.release();
    CHECK(resctrl.has("web1"));
    rdt::remove(directories);
    CHECK_FALSE(resctrl.has("web1"));
    rdt::remove(directories);  // gone already: no error
}

TEST_CASE("without schemata nothing is written to any schemata file", "[rdt]") {
    const FakeResctrl resctrl;
    const Groups own = Groups::create(plan_at(resctrl, {}));
    const Groups top = Groups::create(plan_at(resctrl, {.clos_id = "/"}, "web2"));
    CHECK(resctrl.log() == Strings{"make /web1"});
}

TEST_CASE("what is not released is gone: the class, the monitoring group in it", "[rdt]") {
    const FakeResctrl resctrl;
    const plan::Rdt plan = plan_at(resctrl, {.schemata = {"L3:0=3"}, .enable_monitoring = true});
    CHECK(rdt::directories_to_remove(plan) ==
          Strings{resctrl.root() + "/web1", resctrl.root() + "/web1/mon_groups/web1"});
    {
        const Groups groups = Groups::create(plan);
    }
    CHECK(resctrl.log() == Strings{"make /web1", "write /web1 L3:0=3", "make /web1/mon_groups/web1",
                                   "remove /web1/mon_groups/web1", "remove /web1"});
}

TEST_CASE("closID / is the default class: nothing is made there but the monitoring group", "[rdt]") {
    const FakeResctrl resctrl;
    const plan::Rdt plan = plan_at(resctrl, {.clos_id = "/", .enable_monitoring = true});
    const Strings directories{resctrl.root() + "/mon_groups/web1"};
    CHECK(rdt::directories_to_remove(plan) == directories);
    Groups groups = Groups::create(plan);
    const Process process;
    groups.join(process.pid());
    CHECK(resctrl.text_of("mon_groups/web1/tasks") == concat(process.pid(), "\n"));
    groups.release();
    rdt::remove(directories);
    CHECK(resctrl.log() == Strings{"make /mon_groups/web1", "remove /mon_groups/web1"});
    CHECK(refusal_of(plan_at(resctrl, {.clos_id = "/", .schemata = {"L3:0=1"}})).reason ==
          "it exists with other schemata: L3:0 is 7ff, and 1 is asked for");
    CHECK(refusal_of(plan_at(resctrl, {.clos_id = "/", .schemata = {"L3:0=7ff"}})).doing == "nothing: accepted");
}

TEST_CASE("a class with a closID and schemata is made when it is missing, and stays", "[rdt]") {
    const FakeResctrl resctrl;
    const plan::Rdt plan = plan_at(resctrl, {.clos_id = "gold", .mem_bw_schema = "MB:0=15", .enable_monitoring = true});
    const Strings directories{resctrl.root() + "/gold/mon_groups/web1"};
    CHECK(rdt::directories_to_remove(plan) == directories);
    Groups groups = Groups::create(plan);
    CHECK(resctrl.log() == Strings{"make /gold", "write /gold MB:0=15", "make /gold/mon_groups/web1"});
    const Process process;
    groups.join(process.pid());
    CHECK(resctrl.text_of("gold/mon_groups/web1/tasks") == concat(process.pid(), "\n"));
    // A second container with the same settings shares it: 15 percent are stored as 20.
    Groups second = Groups::create(plan_at(resctrl, {.clos_id = "gold", .mem_bw_schema = "MB:0=15"}, "web2"));
    second.release();
    groups.release();
    rdt::remove(directories);
    CHECK(resctrl.has("gold"));
    CHECK_FALSE(resctrl.has("gold/mon_groups/web1"));
}

TEST_CASE("a shared class whose making fails later is removed, unless somebody is in it", "[rdt]") {
    const FakeResctrl resctrl;
    const plan::Rdt plan = plan_at(resctrl, {.clos_id = "gold", .schemata = {"L3:0=3"}});
    {
        const Groups groups = Groups::create(plan);
    }
    CHECK_FALSE(resctrl.has("gold"));
    const Process process;
    {
        const Groups groups = Groups::create(plan);
        Groups other = Groups::create(plan_at(resctrl, {.clos_id = "gold", .schemata = {"L3:0=3"}}, "web2"));
        other.join(process.pid());
        other.release();
    }
    CHECK(resctrl.text_of("gold/tasks") == concat(process.pid(), "\n"));
}

TEST_CASE("a class that exists must have the schemata that the config has", "[rdt]") {
    const FakeResctrl resctrl;
    Groups made = Groups::create(plan_at(resctrl, {.clos_id = "gold", .schemata = {"L3:0=3"}}));
    made.release();
    const Failure failure = refusal_of(plan_at(resctrl, {.clos_id = "gold", .schemata = {"L3:0=7"}}, "web2"));
    CHECK(failure.object == resctrl.root() + "/gold");
    CHECK(failure.reason == "it exists with other schemata: L3:0 is 003, and 7 is asked for");
    CHECK(failure.hint.find("/linux/intelRdt") != std::string::npos);
    CHECK(resctrl.has("gold"));
    CHECK(resctrl.log().size() == 2);
}

TEST_CASE("a closID without schemata must exist, and stays as it is", "[rdt]") {
    const FakeResctrl resctrl;
    const plan::Rdt plan = plan_at(resctrl, {.clos_id = "gold"});
    CHECK(refusal_of(plan).reason == "it does not exist, and no schemata are given to make it with");
    CHECK_FALSE(resctrl.has("gold"));
    Groups made = Groups::create(plan_at(resctrl, {.clos_id = "gold", .schemata = {"L3:0=3"}}, "web2"));
    made.release();
    CHECK(rdt::directories_to_remove(plan).empty());
    {
        const Groups groups = Groups::create(plan);
    }
    CHECK(resctrl.has("gold"));
    CHECK(resctrl.log().size() == 2);
}

TEST_CASE("a directory that has the container's id belongs to somebody else, and is left alone", "[rdt]") {
    const FakeResctrl resctrl;
    Groups other =
        Groups::create(plan_at(resctrl, {.clos_id = "web1", .schemata = {"L3:0=3"}, .enable_monitoring = true}));
    const Failure failure = refusal_of(plan_at(resctrl, {}));
    CHECK(failure.code == EEXIST);
    CHECK(failure.hint.find("closID") != std::string::npos);
    const Failure monitoring = refusal_of(plan_at(resctrl, {.clos_id = "web1", .enable_monitoring = true}));
    CHECK(monitoring.code == EEXIST);
    CHECK(monitoring.object == resctrl.root() + "/web1/mon_groups/web1");
    CHECK(rdt::directories_to_remove(plan_at(resctrl, {.enable_monitoring = true})).empty());
    CHECK(resctrl.has("web1/mon_groups/web1"));
}

TEST_CASE("what the kernel refuses is told in its own words, and nothing is left", "[rdt]") {
    const FakeResctrl resctrl({.classes = 2, .monitoring_groups = 3});
    const Failure schema = refusal_of(plan_at(resctrl, {.schemata = {"L3:0=3", "L3:0=fff"}}));
    CHECK(schema.doing == "write the schema 'L3:0=fff' to");
    CHECK(schema.object == resctrl.root() + "/web1/schemata");
    CHECK(schema.reason == "Mask out of range");
    CHECK(schema.code == EINVAL);
    CHECK_FALSE(resctrl.has("web1"));

    const Groups first = Groups::create(plan_at(resctrl, {.enable_monitoring = true}));
    const Failure classes = refusal_of(plan_at(resctrl, {}, "web2"));
    CHECK(classes.code == ENOSPC);
    CHECK(classes.reason == "Out of CLOSIDs");
    CHECK(classes.hint.find("num_closids") != std::string::npos);
    const Failure groups = refusal_of(plan_at(resctrl, {.clos_id = "/", .enable_monitoring = true}, "web2"));
    CHECK(groups.code == ENOSPC);
    CHECK(groups.reason == "Out of RMIDs");
    CHECK(groups.hint.find("num_rmids") != std::string::npos);

    try {
        first.join(0x3ffffff);  // past the highest pid
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.failure().code == ESRCH);
        CHECK(error.failure().object == resctrl.root() + "/web1");
    }
}

TEST_CASE("without monitoring in the processor a monitoring group is refused, and the class is gone again", "[rdt]") {
    const FakeResctrl resctrl({.monitoring = false});
    const Failure failure = refusal_of(plan_at(resctrl, {.schemata = {"L3:0=3"}, .enable_monitoring = true}));
    CHECK(failure.code == ENOENT);
    CHECK(failure.hint.find("L3_MON") != std::string::npos);
    CHECK_FALSE(resctrl.has("web1"));
}
