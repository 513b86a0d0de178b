// Known answers: config-linux.md "Control groups", the kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
#include "rt/plan/resources.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/spec/document.hpp"
#include "rt/spec/sections.hpp"

using namespace rt;
using host::CgroupHierarchy;
using host::CgroupLayout;

namespace {

CgroupLayout v1_layout() {
    CgroupLayout layout;
    for (const char* controller :
         {"memory", "cpu", "cpuset", "pids", "blkio", "net_cls", "net_prio", "hugetlb", "rdma"}) {
        layout.hierarchies.push_back(
            {.mount_point = std::string("/sys/fs/cgroup/") + controller, .controllers = {controller}});
    }
    return layout;
}

CgroupLayout v2_layout() {
    return {.hierarchies = {{.mount_point = "/sys/fs/cgroup",
                             .controllers = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"},
                             .unified = true}}};
}

// As many machines have it: the controllers on v1, one left for v2.
CgroupLayout hybrid_layout() {
    CgroupLayout layout = v1_layout();
    std::erase_if(layout.hierarchies, [](const CgroupHierarchy& entry) { return entry.has_controller("hugetlb"); });
    layout.hierarchies.push_back(
        {.mount_point = "/sys/fs/cgroup/unified", .controllers = {"hugetlb"}, .unified = true});
    return layout;
}

plan::CgroupResources planned(const std::string& json, const CgroupLayout& layout) {
    const spec::Document document = spec::Document::parse(json, "resources");
    return plan::plan_resources(spec::read_resources(document.root()), layout);
}

// "memory.max=100 memory.swap.max=50": the first choices in the order of writing.
std::string writes(const std::string& json, const CgroupLayout& layout) {
    std::string text;
    for (const plan::CgroupSetting& setting : planned(json, layout).settings) {
        text += (text.empty() ? "" : " | ") + setting.choices.front().name + "=" + setting.choices.front().value;
        if (setting.keeps_quota) text += " (after the quota)";
        if (setting.may_be_missing) text += " (optional)";
    }
    return text;
}

Failure refusal(const std::string& json, const CgroupLayout& layout) {
    try {
        planned(json, layout);
    } catch (const Error& error) {
        return error.failure();
    }
    return {.doing = "nothing: accepted"};
}

struct Case {
    std::string json;
    std::string on_v1;  // what is written, or the pointer of what is refused
    std::string on_v2;
};

bool is_pointer(const std::string& text) { return text.starts_with("/linux/"); }

void check(const std::string& json, const CgroupLayout& layout, const std::string& expected) {
    CAPTURE(json, layout.hierarchies.size());
    if (is_pointer(expected)) {
        CHECK(refusal(json, layout).object == expected);
    } else {
        CHECK(writes(json, layout) == expected);
    }
}

}  // namespace

TEST_CASE("each resource goes to the file of its cgroup version", "[plan][cgroup]") {
    const std::vector<Case> cases{
        {"{}", "", ""},
        {R"({"memory":{}})", "", ""},
        {R"({"memory":{"limit":4096}})", "memory.limit_in_bytes=4096", "memory.max=4096"},
        {R"({"memory":{"limit":-1}})", "memory.limit_in_bytes=-1", "memory.max=max | memory.swap.max=max (optional)"},
        {R"({"memory":{"limit":4096,"swap":8192}})", "memory.limit_in_bytes=4096 | memory.memsw.limit_in_bytes=8192",
         "memory.max=4096 | memory.swap.max=4096"},
        {R"({"memory":{"limit":4096,"swap":4096}})", "memory.limit_in_bytes=4096 | memory.memsw.limit_in_bytes=4096",
         "memory.max=4096 | memory.swap.max=0"},
        {R"({"memory":{"limit":4096,"swap":-1}})", "memory.limit_in_bytes=4096 | memory.memsw.limit_in_bytes=-1",
         "memory.max=4096 | memory.swap.max=max"},
        {R"({"memory":{"limit":4096,"swap":2048}})", "/linux/resources/memory/swap", "/linux/resources/memory/swap"},
        {R"({"memory":{"swap":8192}})", "memory.memsw.limit_in_bytes=8192", "/linux/resources/memory/swap"},
        {R"({"memory":{"reservation":4096}})", "memory.soft_limit_in_bytes=4096", "memory.low=4096"},
        {R"({"memory":{"swappiness":7}})", "memory.swappiness=7", "/linux/resources/memory/swappiness"},
        {R"({"memory":{"swappiness":101}})", "/linux/resources/memory/swappiness",
         "/linux/resources/memory/swappiness"},
        {R"({"memory":{"swappiness":18446744073709551615}})", "", ""},
        {R"({"memory":{"disableOOMKiller":true}})", "memory.oom_control=1", "/linux/resources/memory/disableOOMKiller"},
        {R"({"memory":{"disableOOMKiller":false}})", "", ""},
        {R"({"memory":{"kernel":4096}})", "memory.kmem.limit_in_bytes=4096", "/linux/resources/memory/kernel"},
        {R"({"memory":{"kernel":-1,"kernelTCP":-1}})",
         "memory.kmem.limit_in_bytes=-1 | memory.kmem.tcp.limit_in_bytes=-1", ""},
        {R"({"memory":{"useHierarchy":true}})", "", ""},
        {R"({"memory":{"useHierarchy":false}})", "/linux/resources/memory/useHierarchy",
         "/linux/resources/memory/useHierarchy"},
        // 0 is how Docker 20.10 writes "unchanged".
        {R"({"memory":{"limit":0,"swap":0,"reservation":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0}})",
         "", ""},
        {R"({"cpu":{"shares":1024}})", "cpu.shares=1024", "cpu.weight=100"},
        {R"({"cpu":{"quota":50000}})", "cpu.cfs_quota_us=50000", "cpu.max=50000"},
        {R"({"cpu":{"quota":-7}})", "cpu.cfs_quota_us=-1", "cpu.max=max"},
        {R"({"cpu":{"quota":50000,"period":200000}})", "cpu.cfs_period_us=200000 | cpu.cfs_quota_us=50000",
         "cpu.max=50000 200000"},
        {R"({"cpu":{"period":200000}})", "cpu.cfs_period_us=200000", "cpu.max=200000 (after the quota)"},
        {R"({"cpu":{"quota":50000,"burst":60000}})", "/linux/resources/cpu/burst", "/linux/resources/cpu/burst"},
        {R"({"cpu":{"burst":10}})", "cpu.cfs_burst_us=10", "cpu.max.burst=10"},
        {R"({"cpu":{"idle":1,"shares":512}})", "cpu.shares=512 | cpu.idle=1", "cpu.idle=1"},
        {R"({"cpu":{"realtimeRuntime":5,"realtimePeriod":10}})", "cpu.rt_period_us=10 | cpu.rt_runtime_us=5",
         "/linux/resources/cpu/realtimePeriod"},
        {R"({"cpu":{"cpus":"0-3,7","mems":"0"}})", "cpuset.cpus=0-3,7 | cpuset.mems=0",
         "cpuset.cpus=0-3,7 | cpuset.mems=0"},
        {R"({"pids":{"limit":10}})", "pids.max=10", "pids.max=10"},
        {R"({"pids":{"limit":-1}})", "pids.max=max", "pids.max=max"},
        {R"({"pids":{"limit":0}})", "pids.max=1", "pids.max=1"},
        {R"({"pids":{}})", "", ""},
        {R"({"blockIO":{"weight":500}})", "blkio.bfq.weight=500", "io.bfq.weight=500"},
        {R"({"blockIO":{"weight":9}})", "/linux/resources/blockIO/weight", "/linux/resources/blockIO/weight"},
        {R"({"blockIO":{"leafWeight":500}})", "blkio.leaf_weight=500", "/linux/resources/blockIO/leafWeight"},
        {R"({"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":500}]}})", "blkio.bfq.weight_device=8:0 500",
         "io.bfq.weight=8:0 500"},
        {R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":600}],"throttleWriteIOPSDevice":[{"major":8,"minor":16,"rate":0}]}})",
         "blkio.throttle.read_bps_device=8:0 600 | blkio.throttle.write_iops_device=8:16 0",
         "io.max=8:0 rbps=600 | io.max=8:16 wiops=max"},
        {R"({"hugepageLimits":[{"pageSize":"2MB","limit":4096}]})",
         "hugetlb.2MB.limit_in_bytes=4096 | hugetlb.2MB.rsvd.limit_in_bytes=4096 (optional)",
         "hugetlb.2MB.max=4096 | hugetlb.2MB.rsvd.max=4096 (optional)"},
        {R"({"network":{"classID":1048577}})", "net_cls.classid=1048577", "/linux/resources/network/classID"},
        {R"({"network":{"priorities":[{"name":"eth0","priority":5}]}})", "net_prio.ifpriomap=eth0 5",
         "/linux/resources/network/priorities/0"},
        {R"({"rdma":{"mlx5_1":{"hcaHandles":3,"hcaObjects":10000}}})", "rdma.max=mlx5_1 hca_handle=3 hca_object=10000",
         "rdma.max=mlx5_1 hca_handle=3 hca_object=10000"},
        {R"({"unified":{"memory.high":"4096"}})", "/linux/resources/unified/memory.high", "memory.high=4096"},
        {R"({"unified":{"io.max":"8:0 rbps=1\n8:16 wiops=2"}})", "/linux/resources/unified/io.max",
         "io.max=8:0 rbps=1 | io.max=8:16 wiops=2"},
        {R"({"memory":{"limit":1},"unified":{"memory.max":"2"}})", "/linux/resources/unified/memory.max",
         "memory.max=2"},
        {R"({"unified":{"../x.max":"1"}})", "/linux/resources/unified/..~1x.max", "/linux/resources/unified/..~1x.max"},
        {R"({"unified":{"bogus.max":"1"}})", "/linux/resources/unified/bogus.max",
         "/linux/resources/unified/bogus.max"},
    };
    for (const Case& entry : cases) {
        check(entry.json, v1_layout(), entry.on_v1);
        check(entry.json, v2_layout(), entry.on_v2);
    }
}

TEST_CASE("on a hybrid machine each controller is taken where it is", "[plan][cgroup]") {
    const CgroupLayout layout = hybrid_layout();
    CHECK(writes(R"({"memory":{"limit":4096},"hugepageLimits":[{"pageSize":"2MB","limit":1}]})", layout) ==
          "memory.limit_in_bytes=4096 | hugetlb.2MB.max=1 | hugetlb.2MB.rsvd.max=1 (optional)");
    CHECK(writes(R"({"unified":{"hugetlb.2MB.max":"1","cgroup.max.depth":"3"}})", layout) ==
          "cgroup.max.depth=3 | hugetlb.2MB.max=1");
    const Failure failure = refusal(R"({"unified":{"memory.high":"1"}})", layout);
    CHECK(failure.reason.find("cgroup v1") != std::string::npos);
}

TEST_CASE("a missing controller is named, with those that there are", "[plan][cgroup]") {
    const CgroupLayout layout{
        .hierarchies = {{.mount_point = "/sys/fs/cgroup", .controllers = {"hugetlb"}, .unified = true}}};
    const Failure failure = refusal(R"({"memory":{"limit":4096}})", layout);
    CHECK(failure.object == "/linux/resources/memory");
    CHECK(failure.reason == "the cgroup controller memory is not available on this machine (there are: hugetlb)");
    CHECK(refusal(R"({"pids":{"limit":1}})", {}).hint.find("mount") != std::string::npos);
}

TEST_CASE("shares become a weight, and weights of block I/O grow linearly", "[plan][cgroup]") {
    CHECK(plan::weight_of_shares(2) == 1);
    CHECK(plan::weight_of_shares(256) == 35);
    CHECK(plan::weight_of_shares(1024) == 100);
    CHECK(plan::weight_of_shares(262144) == 10000);
    CHECK(plan::weight_of_shares(1) == 1);
    CHECK(plan::weight_of_shares(~0ULL) == 10000);
    CHECK(plan::io_weight_of(10) == 1);
    CHECK(plan::io_weight_of(1000) == 10000);
}

TEST_CASE("a limit below the usage is refused when that is asked for", "[plan][cgroup]") {
    CHECK(planned(R"({"memory":{"limit":4096,"checkBeforeUpdate":true}})", v2_layout()).refused_below_usage == 4096);
    CHECK_FALSE(planned(R"({"memory":{"limit":4096}})", v2_layout()).refused_below_usage);
}
