#include "rt/spec/resources.hpp"

#include <algorithm>

#include "rt/base/text.hpp"
#include "rt/spec/members.hpp"
#include "rt/spec/sections.hpp"

namespace rt::spec {

namespace {

using enum Presence;

void read_device_rule_type(DeviceRule& rule, const Cursor& value) {
    const std::string word = value.string();
    if (word.empty()) return;
    if (word != "a" && word != "c" && word != "b") {
        value.refuse(concat("expected \"a\", \"c\" or \"b\", found \"", printable(word), "\""));
    }
    rule.type = static_cast<DeviceRuleType>(word.front());
}

// Docker writes -1 for "all", where the spec leaves the number out.
template <auto Field>
void read_device_number(DeviceRule& rule, const Cursor& value) {
    const std::int64_t number = value.integer(-1, std::numeric_limits<std::uint32_t>::max());
    if (number >= 0) rule.*Field = static_cast<std::uint32_t>(number);
}

void read_device_access(DeviceRule& rule, const Cursor& value) {
    rule.access = value.string();
    if (rule.access.find_first_not_of("rwm") != std::string::npos) {
        value.refuse(concat("expected a text made of r, w and m, found \"", printable(rule.access), "\""));
    }
}

constexpr auto device_rule_members = std::to_array<Member<DeviceRule>>({
    {"allow", as_boolean<&DeviceRule::allow>, required},
    {"type", read_device_rule_type},
    {"major", read_device_number<&DeviceRule::major>},
    {"minor", read_device_number<&DeviceRule::minor>},
    {"access", read_device_access},
});

// Limits in bytes: -1 is no limit (config-linux.md "Memory").
template <auto Field>
void read_bytes(MemoryResources& memory, const Cursor& value) {
    as_integer<Field, -1, std::numeric_limits<std::int64_t>::max()>(memory, value);
}

constexpr auto memory_members = std::to_array<Member<MemoryResources>>({
    {"limit", read_bytes<&MemoryResources::limit>},
    {"reservation", read_bytes<&MemoryResources::reservation>},
    {"swap", read_bytes<&MemoryResources::swap>},
    {"kernel", read_bytes<&MemoryResources::kernel>},
    {"kernelTCP", read_bytes<&MemoryResources::kernel_tcp>},
    // Docker writes -1 for "as it is", as a number without a sign.
    {"swappiness", as_natural<&MemoryResources::swappiness>},
    {"disableOOMKiller", as_boolean<&MemoryResources::disable_oom_killer>},
    {"useHierarchy", as_boolean<&MemoryResources::use_hierarchy>},
    {"checkBeforeUpdate", as_boolean<&MemoryResources::check_before_update>},
});

template <auto Field>
void read_int64(CpuResources& cpu, const Cursor& value) {
    as_integer<Field, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()>(cpu, value);
}

constexpr auto cpu_members = std::to_array<Member<CpuResources>>({
    {"shares", as_natural<&CpuResources::shares>},
    {"quota", read_int64<&CpuResources::quota>},
    {"burst", as_natural<&CpuResources::burst>},
    {"period", as_natural<&CpuResources::period>},
    {"realtimeRuntime", read_int64<&CpuResources::realtime_runtime>},
    {"realtimePeriod", as_natural<&CpuResources::realtime_period>},
    {"cpus", as_string<&CpuResources::cpus>},
    {"mems", as_string<&CpuResources::mems>},
    {"idle", as_integer<&CpuResources::idle, 0, 1>},
});

struct Pids {
    std::optional<std::int64_t> limit;
};

constexpr auto pids_members = std::to_array<Member<Pids>>({
    {"limit", as_integer<&Pids::limit, -1, std::numeric_limits<std::int64_t>::max()>},
});

void read_pids(Resources& resources, const Cursor& value) {
    Pids pids;
    read_members(value, pids_members, pids);
    resources.pids_limit = pids.limit;
}

constexpr auto weight_members = std::to_array<Member<BlockIoWeight>>({
    {"major", as_natural<&BlockIoWeight::major>, required},
    {"minor", as_natural<&BlockIoWeight::minor>, required},
    {"weight", as_natural<&BlockIoWeight::weight>},
    {"leafWeight", as_natural<&BlockIoWeight::leaf_weight>},
});

void read_weight_devices(BlockIoResources& block_io, const Cursor& value) {
    for (const Cursor& element : value.elements()) {
        BlockIoWeight& device = block_io.weight_device.emplace_back();
        read_members(element, weight_members, device);
        if (!device.weight && !device.leaf_weight) element.refuse("weight or leafWeight is required");
    }
}

constexpr auto throttle_members = std::to_array<Member<BlockIoThrottle>>({
    {"major", as_natural<&BlockIoThrottle::major>, required},
    {"minor", as_natural<&BlockIoThrottle::minor>, required},
    {"rate", as_natural<&BlockIoThrottle::rate>, required},
});

constexpr auto block_io_members = std::to_array<Member<BlockIoResources>>({
    {"weight", as_natural<&BlockIoResources::weight>},
    {"leafWeight", as_natural<&BlockIoResources::leaf_weight>},
    {"weightDevice", read_weight_devices},
    {"throttleReadBpsDevice", as_objects<&BlockIoResources::throttle_read_bps_device, throttle_members>},
    {"throttleWriteBpsDevice", as_objects<&BlockIoResources::throttle_write_bps_device, throttle_members>},
    {"throttleReadIOPSDevice", as_objects<&BlockIoResources::throttle_read_iops_device, throttle_members>},
    {"throttleWriteIOPSDevice", as_objects<&BlockIoResources::throttle_write_iops_device, throttle_members>},
});

// The format of the schema, "^[1-9][0-9]*[KMG]B$": the names that the kernel gives its files.
void read_page_size(HugepageLimit& limit, const Cursor& value) {
    limit.page_size = value.string();
    const std::string_view text = limit.page_size;
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view unit = text.substr(digits);
    const bool number = digits > 0 && text.front() != '0';
    if (!number || (unit != "KB" && unit != "MB" && unit != "GB")) {
        value.refuse(concat("expected a size such as \"2MB\" or \"1GB\", found \"", printable(text), "\""));
    }
}

constexpr auto hugepage_members = std::to_array<Member<HugepageLimit>>({
    {"pageSize", read_page_size, required, R"("pageSize": "2MB")"},
    {"limit", as_natural<&HugepageLimit::limit>, required},
});

constexpr auto priority_members = std::to_array<Member<InterfacePriority>>({
    {"name", as_nonempty_string<&InterfacePriority::name>, required},
    {"priority", as_natural<&InterfacePriority::priority>, required},
});

constexpr auto network_members = std::to_array<Member<NetworkResources>>({
    {"classID", as_natural<&NetworkResources::class_id>},
    {"priorities", as_objects<&NetworkResources::priorities, priority_members>},
});

constexpr auto rdma_members = std::to_array<Member<RdmaLimit>>({
    {"hcaHandles", as_natural<&RdmaLimit::hca_handles>},
    {"hcaObjects", as_natural<&RdmaLimit::hca_objects>},
});

void read_rdma(Resources& resources, const Cursor& value) {
    for (const auto& [device, limits] : value.members()) {
        RdmaLimit& limit = resources.rdma[std::string(device)];
        read_members(limits, rdma_members, limit);
        if (!limit.hca_handles && !limit.hca_objects) limits.refuse("hcaHandles or hcaObjects is required");
    }
}

void read_unified(Resources& resources, const Cursor& value) {
    for (const auto& [file, text] : value.members()) resources.unified.emplace(file, text.string());
}

constexpr auto resources_members = std::to_array<Member<Resources>>({
    {"devices", as_objects<&Resources::devices, device_rule_members>},
    {"memory", as_object<&Resources::memory, memory_members>},
    {"cpu", as_object<&Resources::cpu, cpu_members>},
    {"pids", read_pids},
    {"blockIO", as_object<&Resources::block_io, block_io_members>},
    {"hugepageLimits", as_objects<&Resources::hugepage_limits, hugepage_members>},
    {"network", as_object<&Resources::network, network_members>},
    {"rdma", read_rdma},
    {"unified", read_unified},
});

}  // namespace

Resources read_resources(const Cursor& value) {
    Resources target;
    read_members(value, resources_members, target);
    return target;
}

}  // namespace rt::spec
