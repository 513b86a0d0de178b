#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/plan/cgroup.hpp"

using namespace rt;
using host::CgroupHierarchy;
using host::CgroupLayout;
using plan::Cgroup;

namespace {

using Names = std::vector<std::string>;

const CgroupHierarchy v2{.mount_point = "/sys/fs/cgroup", .unified = true};
const CgroupHierarchy cpu{.mount_point = "/sys/fs/cgroup/cpu,cpuacct", .controllers = {"cpu", "cpuacct"}};
const CgroupHierarchy devices{.mount_point = "/sys/fs/cgroup/devices", .controllers = {"devices"}};
const CgroupHierarchy named{.mount_point = "/sys/fs/cgroup/systemd", .name = "systemd"};
const CgroupHierarchy hybrid_v2{.mount_point = "/sys/fs/cgroup/unified", .unified = true};

CgroupLayout layout(std::vector<CgroupHierarchy> hierarchies) {
    return {.hierarchies = std::move(hierarchies), .may_set_device_rules = true};
}

CgroupLayout without_writing(CgroupLayout layout) {
    for (CgroupHierarchy& hierarchy : layout.hierarchies) hierarchy.writable = false;
    return layout;
}

spec::Linux with_path(const std::string& path) {
    spec::Linux linux;
    linux.cgroups_path = path;
    return linux;
}

spec::Linux with_user_namespace() {
    spec::Linux linux;
    linux.namespaces = {{.type = NamespaceType::user}};
    return linux;
}

Names directories(const Cgroup& cgroup) {
    Names names;
    for (const plan::CgroupDirectory& directory : cgroup.directories) names.push_back(directory.directory);
    return names;
}

Failure refusal_of(const spec::Linux& linux, const CgroupLayout& layout) {
    try {
        plan::plan_cgroup(linux, "web1", layout);
    } catch (const Error& error) {
        return error.failure();
    }
    return {.doing = "nothing: accepted"};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// As systemd delegates to a user (systemd.resource-control(5), "Delegate="): the program runs in a unit of the user's manager.
const std::string of_user = "/user.slice/user-1000.slice/user@1000.service";

CgroupLayout delegated(const std::string& own = of_user + "/app.slice/run-1.scope", const std::string& top = of_user) {
    CgroupHierarchy hierarchy = v2;
    const Names all{"cpuset", "cpu", "io", "memory", "pids"};
    hierarchy.controllers = all;
    hierarchy.writable = false;
    hierarchy.way = host::way_to(hierarchy, "/sys/fs/cgroup" + own);
    for (host::CgroupLevel& level : hierarchy.way) {
        level.writable = !top.empty() && level.path.starts_with(top);
        level.owner = level.writable ? 1000 : 0;
        level.controllers = level.path.starts_with(of_user) ? Names{"memory", "pids"} : all;
    }
    return {.hierarchies = {hierarchy}};
}

spec::Linux with_memory_limit(const std::string& path = {}) {
    spec::Linux linux = with_path(path);
    linux.resources.memory = spec::MemoryResources{.limit = 1 << 20};
    return linux;
}

}  // namespace

TEST_CASE("the path of the cgroup, from the root of each hierarchy", "[plan][cgroup]") {
    const std::vector<std::pair<std::string, std::string>> cases{{"", "/web1"},
                                                                 {"/group/web", "/group/web"},
                                                                 {"group/web", "/group/web"},
                                                                 {"x", "/x"},
                                                                 {"/a:b:c", "/a:b:c"},
                                                                 {"a:b", "/a:b"},
                                                                 {"/..a/b..", "/..a/b.."},
                                                                 {"/ä b", "/ä b"}};
    for (const auto& [given, path] : cases) {
        INFO(given);
        const Cgroup cgroup = plan::plan_cgroup(with_path(given), "web1", layout({devices, v2}));
        CHECK(cgroup.path == path);
        CHECK(directories(cgroup) == Names{"/sys/fs/cgroup/devices" + path, "/sys/fs/cgroup" + path});
    }
}

TEST_CASE("paths that are refused", "[plan][cgroup]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/", "root cgroup"},
        {"//", "is empty"},
        {"/a//b", "is empty"},
        {"/a/", "is empty"},
        {"..", "not allowed"},
        {"/../x", "not allowed"},
        {"/a/../../x", "not allowed"},
        {"/a/.", "not allowed"},
        {"/a\nb", "control character"},
        {std::string("/a\0b", 4), "control character"},
        {"/" + std::string(256, 'x'), "longer than 255 bytes"},
        {"system.slice:docker:1234", "is for the systemd driver"},
        {"::1234", "is for the systemd driver"}};
    for (const auto& [given, reason] : cases) {
        INFO(given);
        const Failure failure = refusal_of(with_path(given), layout({v2}));
        CHECK(failure.object == "/linux/cgroupsPath");
        CHECK(contains(failure.reason, reason));
        CHECK_FALSE(contains(failure.message(), "\n"));
    }
}

TEST_CASE("v2: a program", "[plan][cgroup]") {
    const Cgroup cgroup = plan::plan_cgroup({}, "web1", layout({v2}));
    CHECK(cgroup.device_program == plan::plan_device_rules({}));
    CHECK_FALSE(cgroup.device_list);
    const auto view = plan::view_of(cgroup);
    REQUIRE(view);
    CHECK(view->unified == "/sys/fs/cgroup/web1");
    CHECK(view->hierarchies.empty());
    CHECK(view->links.empty());
}

TEST_CASE("hybrid: a list on v1, and every hierarchy in view", "[plan][cgroup]") {
    const Cgroup cgroup = plan::plan_cgroup({}, "web1", layout({cpu, devices, named, hybrid_v2}));
    CHECK(cgroup.device_list == plan::plan_device_list(plan::plan_device_rules({})));
    CHECK_FALSE(cgroup.device_program);
    const auto view = plan::view_of(cgroup);
    REQUIRE(view);
    CHECK(view->unified.empty());
    REQUIRE(view->hierarchies.size() == 4);
    CHECK(view->hierarchies[0].name == "cpu,cpuacct");
    CHECK(view->hierarchies[0].directory == "/sys/fs/cgroup/cpu,cpuacct/web1");
    CHECK(view->hierarchies[2].name == "systemd");
    CHECK(view->hierarchies[3].name == "unified");
    REQUIRE(view->links.size() == 2);
    CHECK(view->links[0].name == "cpu");
    CHECK(view->links[1].name == "cpuacct");
    CHECK(view->links[1].target == "cpu,cpuacct");
}

TEST_CASE("hybrid without a devices controller: a program on the v2 hierarchy", "[plan][cgroup]") {
    CHECK(plan::plan_cgroup({}, "web1", layout({cpu, hybrid_v2})).device_program);
}

TEST_CASE("a config that allows all devices needs no rules", "[plan][cgroup]") {
    spec::Linux linux;
    linux.resources.devices = {{.allow = false}, {.allow = true, .access = "rwm"}};
    for (const CgroupLayout& place : {layout({v2}), layout({devices}), layout({}), without_writing(layout({v2}))}) {
        const Cgroup cgroup = plan::plan_cgroup(linux, "web1", place);
        CHECK_FALSE(cgroup.device_list);
        CHECK_FALSE(cgroup.device_program);
    }
}

TEST_CASE("wrong rules are refused wherever the container runs", "[plan][cgroup]") {
    spec::Linux linux;
    linux.resources.devices = {{.major = 1U << 20U}};
    CHECK(refusal_of(linux, {}).object == "/linux/resources/devices/0/major");
}

TEST_CASE("no cgroup can be made", "[plan][cgroup]") {
    // Root without a user namespace: the container could reach the host's disks.
    const Failure not_mounted = refusal_of({}, layout({}));
    CHECK(not_mounted.message() ==
          "cannot set the device rules of '/linux/resources/devices': no cgroup hierarchy is mounted");
    CHECK(contains(not_mounted.hint, "mount -t cgroup2 cgroup2 /sys/fs/cgroup, or list a user namespace"));
    CHECK(refusal_of({}, without_writing(layout({v2}))).reason == "no cgroup can be made in /sys/fs/cgroup");
    CgroupLayout read_only = without_writing(layout({v2}));
    read_only.hierarchies.front().read_only = true;
    CHECK(refusal_of({}, read_only).reason == "no cgroup can be made in /sys/fs/cgroup: it is mounted read-only");
    CHECK(contains(refusal_of({}, read_only).hint, "mount -o remount,rw /sys/fs/cgroup, or list a user namespace"));
    CHECK(refusal_of({}, layout({cpu})).reason == "no mounted hierarchy has the devices controller");
    // With a user namespace, or for an ordinary user, it is none's loss.
    CgroupLayout ordinary = without_writing(layout({cpu, devices}));
    ordinary.may_set_device_rules = false;
    for (const Cgroup& cgroup : {plan::plan_cgroup(with_user_namespace(), "web1", without_writing(layout({v2}))),
                                 plan::plan_cgroup({}, "web1", ordinary)}) {
        CHECK(cgroup.directories.empty());
        CHECK_FALSE(plan::view_of(cgroup));
        CHECK(contains(cgroup.remark, "has no cgroup of its own: no cgroup can be made in /sys/fs/cgroup"));
    }
}

TEST_CASE("only what can be written is used", "[plan][cgroup]") {
    CgroupHierarchy locked = cpu;
    locked.writable = false;
    CHECK(directories(plan::plan_cgroup({}, "web1", layout({locked, devices, hybrid_v2}))) ==
          Names{"/sys/fs/cgroup/devices/web1", "/sys/fs/cgroup/unified/web1"});
    // Delegated cgroups without the right to set device rules.
    CgroupLayout delegated = layout({v2});
    delegated.may_set_device_rules = false;
    const Cgroup cgroup = plan::plan_cgroup({}, "web1", delegated);
    CHECK(cgroup.directories.size() == 1);
    CHECK_FALSE(cgroup.device_program);
    CHECK(contains(cgroup.remark, "CAP_SYS_ADMIN"));
}

TEST_CASE("delegated to a user: beside the caller, or below what is delegated", "[plan][cgroup]") {
    struct Case {
        CgroupLayout machine;
        std::string given;
        std::string path;  ///< empty: no cgroup
    };
    const std::vector<Case> cases{
        {delegated(), "", of_user + "/app.slice/web1/container"},
        {delegated(), "group/web", of_user + "/group/web"},
        {delegated(), of_user + "/x/web", of_user + "/x/web"},
        {delegated(), "/group/web", ""},
        {delegated(), of_user, ""},
        {delegated(), of_user + "x/web", ""},
        {delegated(of_user + "/init.scope"), "", of_user + "/web1/container"},
        // A service of the system with User= and Delegate=yes: what is above it is not the user's.
        {delegated(of_user, of_user), "", of_user + "/web1/container"},
        {delegated(of_user, of_user), "web", of_user + "/web"},
        // A login session: no level is writable.
        {delegated("/user.slice/user-1000.slice/session-1.scope"), "", ""},
        {delegated("/user.slice/user-1000.slice/session-1.scope"), "web", ""},
    };
    for (const Case& entry : cases) {
        CAPTURE(entry.given, entry.path);
        const Cgroup cgroup = plan::plan_cgroup(with_path(entry.given), "web1", entry.machine);
        CHECK(directories(cgroup) == (entry.path.empty() ? Names{} : Names{"/sys/fs/cgroup" + entry.path}));
        if (entry.path.empty()) {
            CHECK(contains(cgroup.remark, "has no cgroup of its own"));
        } else {
            CHECK(cgroup.directories.front().top == of_user);
        }
    }
}

TEST_CASE("only v2 alone is delegated", "[plan][cgroup]") {
    CgroupHierarchy unified = delegated().hierarchies.front();
    unified.mount_point = "/sys/fs/cgroup/unified";
    CgroupHierarchy locked = cpu;
    locked.writable = false;
    CHECK(plan::plan_cgroup({}, "web1", {.hierarchies = {locked, unified}}).directories.empty());
}

TEST_CASE("limits without a cgroup are refused, with the way to one", "[plan][cgroup]") {
    const CgroupLayout session = delegated("/user.slice/user-1000.slice/session-1.scope");
    const Failure failure = refusal_of(with_memory_limit(), session);
    CHECK(failure.object == "/linux/resources/memory/limit");
    CHECK(failure.reason ==
          "the container gets no cgroup with the controller memory: no cgroup can be made in /sys/fs/cgroup: its owner "
          "is uid 0, nor in one on the way to that of rt, /user.slice/user-1000.slice/session-1.scope");
    CHECK(contains(failure.hint, "systemd-run --user --scope -p Delegate=yes rt run"));
    CHECK(contains(failure.hint, "or remove the value"));

    const Failure elsewhere = refusal_of(with_memory_limit("/group/web"), delegated());
    CHECK(contains(elsewhere.reason, "/sys/fs/cgroup/group/web is not in /sys/fs/cgroup" + of_user + ", the topmost"));
    CHECK(contains(elsewhere.hint, "leave /linux/cgroupsPath out"));

    CgroupHierarchy memory{.mount_point = "/sys/fs/cgroup/memory", .controllers = {"memory"}, .writable = false};
    memory.way = {{.owner = 77}};
    CgroupHierarchy other = memory;
    other.controllers = {"pids"};
    other.mount_point = "/sys/fs/cgroup/pids";
    const Failure on_v1 = refusal_of(with_memory_limit(), {.hierarchies = {other, memory}});
    CHECK(contains(on_v1.reason, "no cgroup can be made in /sys/fs/cgroup/memory: its owner is uid 77"));
    CHECK(contains(on_v1.hint, "cgroup v1 are not delegated to users"));
    // Without limits it is none's loss.
    CHECK_NOTHROW(plan::plan_cgroup({}, "web1", session));
    CHECK_NOTHROW(plan::plan_cgroup(with_memory_limit(), "web1", delegated()));
}

TEST_CASE("a controller that is not delegated is refused, with the level that keeps it", "[plan][cgroup]") {
    spec::Linux linux;
    linux.resources.cpu = spec::CpuResources{.shares = 512};
    const Failure failure = refusal_of(linux, delegated());
    CHECK(failure.object == "/linux/resources/cpu");
    CHECK(failure.reason ==
          "the cgroup controller cpu ends at /sys/fs/cgroup/user.slice/user-1000.slice (its owner is uid 0), which "
          "does not pass it on to /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service");
    CHECK(contains(failure.hint, "Delegate=cpu cpuset io memory pids"));
    // What nobody has is missing on the machine.
    linux.resources = {};
    linux.resources.hugepage_limits = {{.page_size = "2MB", .limit = 0}};
    CHECK(contains(refusal_of(linux, delegated()).reason, "hugetlb is not available on this machine"));
    // systemd makes its cgroup elsewhere, wherever the caller is.
    linux.resources = {};
    linux.resources.cpu = spec::CpuResources{.shares = 512};
    const plan::CgroupRequest request{.driver = plan::CgroupDriver::systemd,
                                      .manager = {.of_user = true, .control_group = of_user, .version = 252}};
    CHECK(directories(plan::plan_cgroup(linux, "web1", delegated(), request)) ==
          Names{"/sys/fs/cgroup" + of_user + "/user.slice/rt-web1.scope"});
}

TEST_CASE("a mount read-only below a writable one gets no device program without a cgroup", "[plan][cgroup]") {
    CgroupLayout bound = delegated();
    bound.may_set_device_rules = true;
    CHECK(plan::plan_cgroup({}, "web1", bound).device_program);
    const Failure failure = refusal_of(with_path("/group/web"), bound);
    CHECK(failure.object == "/linux/resources/devices");
    CHECK(contains(failure.reason, "is not in /sys/fs/cgroup" + of_user));
}
