// Every property that reader_test.cpp leaves out is read into its field.
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "config.hpp"
#include "rt/spec/reader.hpp"

namespace {

using rt::test::complete_config;
using rt::test::config_with;
using rt::test::config_without;
using Strings = std::vector<std::string>;

rt::spec::Spec read(const std::string& text) { return rt::spec::read(text, "/bundle/config.json"); }

}  // namespace

TEST_CASE("the labels, the scheduling and the I/O priority of the process are read", "[spec]") {
    const rt::spec::Process process = read(complete_config()).process.value();
    CHECK(process.apparmor_profile == "acme_profile");
    CHECK(process.selinux_label == "system_u:system_r:container_t:s0:c124,c675");
    const rt::spec::Scheduler scheduler = process.scheduler.value();
    CHECK(scheduler.policy == "SCHED_DEADLINE");
    CHECK(scheduler.nice == -5);
    CHECK(scheduler.priority == 7);
    CHECK(scheduler.flags == Strings{"SCHED_FLAG_RECLAIM"});
    CHECK(scheduler.runtime == 10000000);
    CHECK(scheduler.deadline == 30000000);
    CHECK(scheduler.period == 18446744073709551615U);
    CHECK(process.io_priority.value().io_class == "IOPRIO_CLASS_IDLE");
    CHECK(process.io_priority.value().priority == 4);
    CHECK(process.exec_cpu_affinity.value().initial == "7");
    CHECK(process.exec_cpu_affinity.value().final == "0-3,7");
}

TEST_CASE("what a scheduler leaves out is 0", "[spec]") {
    const rt::spec::Scheduler scheduler =
        read(config_with("/process/scheduler", R"({"policy": "SCHED_OTHER"})")).process->scheduler.value();
    CHECK(scheduler.nice == 0);
    CHECK(scheduler.priority == 0);
    CHECK(scheduler.flags.empty());
    CHECK(scheduler.runtime == 0);
    CHECK(scheduler.deadline == 0);
    CHECK(scheduler.period == 0);
}

TEST_CASE("the hooks of each kind are read in listed order", "[spec]") {
    const rt::spec::Hooks hooks = read(complete_config()).hooks;
    REQUIRE(hooks.prestart.size() == 2);
    CHECK(hooks.prestart[0].path == "/hooks/1");
    CHECK(hooks.prestart[0].args == Strings{"one", "-a"});
    CHECK(hooks.prestart[0].env == Strings{"A=1"});
    CHECK(hooks.prestart[0].timeout == 30U);
    CHECK(hooks.prestart[1].path == "/hooks/2");
    CHECK(hooks.prestart[1].args.empty());
    CHECK_FALSE(hooks.prestart[1].env.has_value());
    CHECK_FALSE(hooks.prestart[1].timeout.has_value());
    const std::vector<std::pair<std::vector<rt::spec::Hook>, rt::spec::Hook>> others{
        {hooks.create_runtime, {"/hooks/3", {"three"}, Strings{"A=3"}, 3}},
        {hooks.create_container, {"/hooks/4", {"four"}, Strings{"A=4"}, 4}},
        {hooks.start_container, {"/hooks/5", {"five"}, Strings{"A=5"}, 5}},
        {hooks.poststart, {"/hooks/6", {"six"}, Strings{"A=6"}, 6}},
        {hooks.poststop, {"/hooks/7", {"seven"}, Strings{"A=7"}, 7}},
    };
    for (const auto& [kind, expected] : others) {
        REQUIRE(kind.size() == 1);
        CHECK(kind[0].path == expected.path);
        CHECK(kind[0].args == expected.args);
        CHECK(kind[0].env == expected.env);
        CHECK(kind[0].timeout == expected.timeout);
    }
    CHECK(read(config_with("/hooks/poststop/0/env", "[]")).hooks.poststop[0].env == Strings{});
}

TEST_CASE("the domain name and the mappings of a mount are read", "[spec]") {
    const rt::spec::Spec spec = read(complete_config());
    CHECK(spec.domainname == "example.org");
    CHECK_FALSE(read(config_without("/domainname")).domainname.has_value());
    CHECK(spec.mounts.at(0).uid_mappings.empty());
    const rt::spec::Mount& mount = spec.mounts.at(1);
    REQUIRE(mount.uid_mappings.size() == 1);
    CHECK(mount.uid_mappings[0].container_id == 0);
    CHECK(mount.uid_mappings[0].host_id == 1);
    CHECK(mount.uid_mappings[0].size == 2);
    REQUIRE(mount.gid_mappings.size() == 1);
    CHECK(mount.gid_mappings[0].container_id == 3);
    CHECK(mount.gid_mappings[0].host_id == 4);
    CHECK(mount.gid_mappings[0].size == 5);
}

TEST_CASE("devices, network devices, clocks and kernel parameters are read", "[spec]") {
    const rt::spec::Linux part = read(complete_config()).linux;
    REQUIRE(part.devices.size() == 2);
    CHECK(part.devices[0].type == 'c');
    CHECK(part.devices[0].path == "/dev/fuse");
    CHECK(part.devices[0].major == 10U);
    CHECK(part.devices[0].minor == 229U);
    CHECK(part.devices[0].file_mode == 0666U);
    CHECK(part.devices[0].uid == 1U);
    CHECK(part.devices[0].gid == 2U);
    CHECK(part.devices[1].type == 'p');
    CHECK_FALSE(part.devices[1].major.has_value());
    CHECK_FALSE(part.devices[1].file_mode.has_value());
    CHECK_FALSE(part.devices[1].uid.has_value());
    REQUIRE(part.net_devices.size() == 2);
    CHECK(part.net_devices[0].host_name == "eth0");
    CHECK(part.net_devices[0].name.empty());
    CHECK(part.net_devices[1].host_name == "eth1");
    CHECK(part.net_devices[1].name == "container_eth1");
    CHECK(part.time_offsets.value().monotonic.value().secs == -172800);
    CHECK(part.time_offsets.value().monotonic.value().nanosecs == 999999999);
    CHECK(part.time_offsets.value().boottime.value().secs == 604800);
    CHECK(part.time_offsets.value().boottime.value().nanosecs == 0);
    CHECK(part.sysctl ==
          std::map<std::string, std::string>{{"net.ipv4.ip_forward", "1"}, {"kernel.shm_rmid_forced", "0"}});
}

TEST_CASE("resctrl, memory policy, label and execution domain are read", "[spec]") {
    const rt::spec::Linux part = read(complete_config()).linux;
    const rt::spec::IntelRdt rdt = part.intel_rdt.value();
    CHECK(rdt.clos_id == "guaranteed");
    CHECK(rdt.schemata == Strings{"L3:0=7f0;1=1f", "L2:0=f"});
    CHECK(rdt.l3_cache_schema == "L3:0=f0");
    CHECK(rdt.mem_bw_schema == "MB:0=20");
    CHECK(rdt.enable_monitoring);
    CHECK(part.memory_policy.value().mode == "MPOL_BIND");
    CHECK(part.memory_policy.value().nodes == "0-3,7");
    CHECK(part.memory_policy.value().flags == Strings{"MPOL_F_STATIC_NODES"});
    CHECK(part.mount_label == "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811");
    CHECK(part.personality.value().domain == "LINUX32");
    CHECK(part.personality.value().flags == Strings{"UNKNOWN"});
    // The property is set, though nothing in it is: that asks for a group of the container's own.
    CHECK(read(config_with("/linux/intelRdt", "{}")).linux.intel_rdt.has_value());
}

TEST_CASE("every limit of resources is read", "[spec]") {
    const rt::spec::Resources resources = read(complete_config()).linux.resources;
    const rt::spec::MemoryResources memory = resources.memory.value();
    CHECK(memory.limit == 1);
    CHECK(memory.reservation == -1);
    CHECK(memory.swap == 3);
    CHECK(memory.kernel == 4);
    CHECK(memory.kernel_tcp == 5);
    CHECK(memory.swappiness == 6U);
    CHECK(memory.disable_oom_killer == true);
    CHECK(memory.use_hierarchy == true);
    CHECK(memory.check_before_update == true);
    const rt::spec::CpuResources cpu = resources.cpu.value();
    CHECK(cpu.shares == 1U);
    CHECK(cpu.quota == -2);
    CHECK(cpu.burst == 3U);
    CHECK(cpu.period == 4U);
    CHECK(cpu.realtime_runtime == 5);
    CHECK(cpu.realtime_period == 6U);
    CHECK(cpu.cpus == "0-1");
    CHECK(cpu.mems == "0");
    CHECK(cpu.idle == 1);
    CHECK(resources.pids_limit == 7);
    REQUIRE(resources.hugepage_limits.size() == 1);
    CHECK(resources.hugepage_limits[0].page_size == "2MB");
    CHECK(resources.hugepage_limits[0].limit == 9223372036854772000U);
    CHECK(resources.network.value().class_id == 1048577U);
    CHECK(resources.network.value().priorities.at(0).name == "eth0");
    CHECK(resources.network.value().priorities.at(0).priority == 500);
    CHECK(resources.rdma.at("mlx5_1").hca_handles == 3U);
    CHECK(resources.rdma.at("mlx5_1").hca_objects == 10000U);
    CHECK(resources.unified.at("hugetlb.2MB.max") == "max");
}

TEST_CASE("the limits of block devices are read, each kind by its device", "[spec]") {
    const rt::spec::BlockIoResources block_io = read(complete_config()).linux.resources.block_io.value();
    CHECK(block_io.weight == 10);
    CHECK(block_io.leaf_weight == 11);
    REQUIRE(block_io.weight_device.size() == 1);
    CHECK(block_io.weight_device[0].major == 8);
    CHECK(block_io.weight_device[0].minor == 1);
    CHECK(block_io.weight_device[0].weight == 12);
    CHECK(block_io.weight_device[0].leaf_weight == 13);
    const std::vector<std::pair<std::vector<rt::spec::BlockIoThrottle>, std::uint64_t>> throttles{
        {block_io.throttle_read_bps_device, 14},
        {block_io.throttle_write_bps_device, 15},
        {block_io.throttle_read_iops_device, 16},
        {block_io.throttle_write_iops_device, 18446744073709551615U}};
    for (std::size_t i = 0; i < throttles.size(); ++i) {
        REQUIRE(throttles[i].first.size() == 1);
        CHECK(throttles[i].first[0].major == 8);
        CHECK(throttles[i].first[0].minor == 2 + i);
        CHECK(throttles[i].first[0].rate == throttles[i].second);
    }
}

TEST_CASE("the system call filter is read", "[spec]") {
    const rt::spec::Seccomp seccomp = read(complete_config()).linux.seccomp.value();
    CHECK(seccomp.default_action == "SCMP_ACT_ERRNO");
    CHECK(seccomp.default_errno_ret == 38U);
    CHECK(seccomp.architectures == Strings{"SCMP_ARCH_X86", "SCMP_ARCH_X32"});
    CHECK(seccomp.flags == Strings{"SECCOMP_FILTER_FLAG_LOG"});
    CHECK(seccomp.listener_path == "/run/agent.sock");
    CHECK(seccomp.listener_metadata == "opaque");
    REQUIRE(seccomp.syscalls.size() == 2);
    CHECK(seccomp.syscalls[0].names == Strings{"getcwd", "chmod"});
    CHECK(seccomp.syscalls[0].action == "SCMP_ACT_ERRNO");
    CHECK(seccomp.syscalls[0].errno_ret == 1U);
    CHECK(seccomp.syscalls[0].args.empty());
    CHECK_FALSE(seccomp.syscalls[1].errno_ret.has_value());
    REQUIRE(seccomp.syscalls[1].args.size() == 1);
    CHECK(seccomp.syscalls[1].args[0].index == 5);
    CHECK(seccomp.syscalls[1].args[0].value == 18446744073709551615U);
    CHECK(seccomp.syscalls[1].args[0].value_two == 3);
    CHECK(seccomp.syscalls[1].args[0].op == "SCMP_CMP_MASKED_EQ");
    CHECK_FALSE(read(config_without("/linux/seccomp/flags")).linux.seccomp->flags.has_value());
    CHECK(read(config_with("/linux/seccomp/flags", "[]")).linux.seccomp->flags == Strings{});
}
