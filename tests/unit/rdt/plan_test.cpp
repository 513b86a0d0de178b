// What /linux/intelRdt asks for (config-linux.md "IntelRdt").
#include "rt/plan/rdt.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/host/resctrl.hpp"

using namespace rt;
using plan::RdtClass;
using Strings = std::vector<std::string>;

namespace {

constexpr const char* root = "/sys/fs/resctrl";

plan::Rdt plan_of(const spec::IntelRdt& rdt, const std::string& id = "web1") {
    spec::Linux config;
    config.intel_rdt = rdt;
    return plan::plan_rdt(config, id, root).value();
}

Failure refusal_of(const spec::IntelRdt& rdt, const std::optional<std::string>& mounted,
                   const std::string& id = "web1") {
    spec::Linux config;
    config.intel_rdt = rdt;
    try {
        plan::plan_rdt(config, id, mounted);
    } catch (const Error& error) {
        return error.failure();
    }
    return {.doing = "nothing: accepted"};
}

}  // namespace

TEST_CASE("without intelRdt nothing of resctrl is touched", "[plan][rdt]") {
    CHECK_FALSE(plan::plan_rdt({}, "web1", root).has_value());
    CHECK_FALSE(plan::plan_rdt({}, "web1", std::nullopt).has_value());
}

TEST_CASE("intelRdt without a mounted resctrl is refused", "[plan][rdt]") {
    const Failure failure = refusal_of({}, std::nullopt);
    CHECK(failure.object == "/linux/intelRdt");
    CHECK(failure.reason == "no resctrl file system is mounted");
    CHECK(failure.hint.find("mount -t resctrl") != std::string::npos);
}

TEST_CASE("the class is the container's own, a shared one, one that exists, or the default one", "[plan][rdt]") {
    const Strings line{"L3:0=f"};
    struct Case {
        spec::IntelRdt rdt;
        RdtClass kind;
        std::string directory;
    };
    const std::vector<Case> cases{
        {{}, RdtClass::own, "/sys/fs/resctrl/web1"},
        {{.schemata = line}, RdtClass::own, "/sys/fs/resctrl/web1"},
        {{.clos_id = "gold", .schemata = line}, RdtClass::shared, "/sys/fs/resctrl/gold"},
        {{.clos_id = "gold", .l3_cache_schema = "L3:0=f"}, RdtClass::shared, "/sys/fs/resctrl/gold"},
        {{.clos_id = "gold", .mem_bw_schema = "MB:0=10"}, RdtClass::shared, "/sys/fs/resctrl/gold"},
        {{.clos_id = "gold"}, RdtClass::existing, "/sys/fs/resctrl/gold"},
        {{.clos_id = "/"}, RdtClass::existing, "/sys/fs/resctrl"},
        {{.clos_id = "/", .schemata = line}, RdtClass::existing, "/sys/fs/resctrl"},
    };
    for (const Case& expected : cases) {
        CAPTURE(expected.directory, expected.rdt.clos_id);
        const plan::Rdt plan = plan_of(expected.rdt);
        CHECK(plan.kind == expected.kind);
        CHECK(plan.class_directory() == expected.directory);
        CHECK(plan.monitoring_group.empty());
    }
}

TEST_CASE("l3CacheSchema is written first, memBwSchema next, schemata last", "[plan][rdt]") {
    CHECK(
        plan_of({.schemata = {"L2:0=1", "L3:0=3"}, .l3_cache_schema = "L3:0=f", .mem_bw_schema = "MB:0=20"}).schemata ==
        Strings{"L3:0=f", "MB:0=20", "L2:0=1", "L3:0=3"});
    CHECK(plan_of({.mem_bw_schema = "MB:0=20"}).schemata == Strings{"MB:0=20"});
    CHECK(plan_of({.clos_id = "gold"}).schemata.empty());
}

TEST_CASE("the monitoring group is called by the id of the container, in whatever class", "[plan][rdt]") {
    CHECK(plan_of({.enable_monitoring = true}).monitoring_directory() == "/sys/fs/resctrl/web1/mon_groups/web1");
    CHECK(plan_of({.clos_id = "/", .enable_monitoring = true}).monitoring_directory() ==
          "/sys/fs/resctrl/mon_groups/web1");
    CHECK(plan_of({.clos_id = "gold", .enable_monitoring = true}).monitoring_directory() ==
          "/sys/fs/resctrl/gold/mon_groups/web1");
}

TEST_CASE("a name that cannot be a class, and a line that is no schema, are refused with their place", "[plan][rdt]") {
    for (const std::string name : {"a/b", "/a", "//", "..", ".", "info", "mon_groups", "mon_data", "a\nb"}) {
        CAPTURE(name);
        CHECK(refusal_of({.clos_id = name}, root).object == "/linux/intelRdt/closID");
    }
    CHECK(refusal_of({.clos_id = std::string(256, 'a')}, root).reason.find("255") != std::string::npos);
    CHECK(refusal_of({}, root, std::string(256, 'a')).object == "/linux/intelRdt");
    CHECK(refusal_of({}, root, "info").object == "/linux/intelRdt");
    for (const std::string line : {"", "L3", "L3:", ":0=f", "L3:0", "L3:=f", "L3:a=f", "L3:0=", "L3:0=f;", "0=f"}) {
        CAPTURE(line);
        const Failure failure = refusal_of({.schemata = {"L3:0=f", line}}, root);
        CHECK(failure.object == "/linux/intelRdt/schemata/1");
        CHECK(failure.hint == "write one like \"L3:0=7f0;1=1f\"");
    }
    CHECK(refusal_of({.l3_cache_schema = "L3"}, root).object == "/linux/intelRdt/l3CacheSchema");
    CHECK(refusal_of({.mem_bw_schema = "MB:x"}, root).object == "/linux/intelRdt/memBwSchema");
    for (const std::string line : {"L3:0=7f0;1=1f", "MB:0=20;1=70", "L3CODE:0=ff", " MB : 0 = 20 ", "SMBA:0=64"}) {
        CAPTURE(line);
        CHECK(plan_of({.schemata = {line}}).schemata == Strings{line});
    }
}

TEST_CASE("resctrl is found among the mounts by its type", "[plan][rdt]") {
    const auto root_in = [](const std::string& lines) { return host::resctrl_root(os::parse_mountinfo(lines)); };
    const std::string top = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
    const std::string mount = "30 20 0:40 / /srv/a\\040b rw - resctrl resctrl rw\n";
    CHECK_FALSE(root_in(top).has_value());
    CHECK(root_in(top + mount) == "/srv/a b");
    // A part of it, and one that something else covers, are none.
    CHECK_FALSE(root_in(top + "30 20 0:40 /gold /srv rw - resctrl resctrl rw\n").has_value());
    CHECK_FALSE(root_in(top + mount + "31 30 0:41 / /srv/a\\040b rw - tmpfs tmpfs rw\n").has_value());
}
