#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rt::spec {

enum class DeviceRuleType : char { all = 'a', character = 'c', block = 'b' };

/// One rule of the allowed device list, in listed order (config-linux.md "Allowed Device list").
struct DeviceRule {
    bool allow = false;
    DeviceRuleType type = DeviceRuleType::all;
    std::optional<std::uint32_t> major;  ///< absent, or -1 in config.json as Docker writes it: all
    std::optional<std::uint32_t> minor;  ///< likewise
    std::string access;                  ///< made of r, w and m; empty when not given: all three
};

/// Bytes; -1 is no limit (config-linux.md "Memory").
struct MemoryResources {
    std::optional<std::int64_t> limit;
    std::optional<std::int64_t> reservation;
    std::optional<std::int64_t> swap;  ///< memory and swap together
    std::optional<std::int64_t> kernel;
    std::optional<std::int64_t> kernel_tcp;
    std::optional<std::uint64_t> swappiness;  ///< 0 to 100
    std::optional<bool> disable_oom_killer;
    std::optional<bool> use_hierarchy;
    bool check_before_update = false;
};

/// Times in microseconds (config-linux.md "CPU").
struct CpuResources {
    std::optional<std::uint64_t> shares;
    std::optional<std::int64_t> quota;  ///< not above 0: no limit
    std::optional<std::uint64_t> burst;
    std::optional<std::uint64_t> period;
    std::optional<std::int64_t> realtime_runtime;
    std::optional<std::uint64_t> realtime_period;
    std::string cpus;  ///< "0-3,7"; empty when not given
    std::string mems;
    std::optional<std::int64_t> idle;  ///< 0 or 1
};

/// A block device with weights; at least one of them is set.
struct BlockIoWeight {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::optional<std::uint16_t> weight;
    std::optional<std::uint16_t> leaf_weight;
};

/// A block device with a rate: bytes or operations per second.
struct BlockIoThrottle {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint64_t rate = 0;
};

/// config-linux.md "Block IO".
struct BlockIoResources {
    std::optional<std::uint16_t> weight;
    std::optional<std::uint16_t> leaf_weight;
    std::vector<BlockIoWeight> weight_device;
    std::vector<BlockIoThrottle> throttle_read_bps_device;
    std::vector<BlockIoThrottle> throttle_write_bps_device;
    std::vector<BlockIoThrottle> throttle_read_iops_device;
    std::vector<BlockIoThrottle> throttle_write_iops_device;
};

/// config-linux.md "Huge page limits".
struct HugepageLimit {
    std::string page_size;  ///< "2MB"
    std::uint64_t limit = 0;
};

struct InterfacePriority {
    std::string name;
    std::uint32_t priority = 0;
};

/// config-linux.md "Network": of cgroup v1 only.
struct NetworkResources {
    std::optional<std::uint32_t> class_id;
    std::vector<InterfacePriority> priorities;
};

/// config-linux.md "RDMA"; at least one of them is set.
struct RdmaLimit {
    std::optional<std::uint32_t> hca_handles;
    std::optional<std::uint32_t> hca_objects;
};

/// What the container's cgroup is set to (config-linux.md "Control groups").
struct Resources {
    std::vector<DeviceRule> devices;
    std::optional<MemoryResources> memory;
    std::optional<CpuResources> cpu;
    std::optional<std::int64_t> pids_limit;  ///< /pids/limit; -1: no limit
    std::optional<BlockIoResources> block_io;
    std::vector<HugepageLimit> hugepage_limits;
    std::optional<NetworkResources> network;
    std::map<std::string, RdmaLimit> rdma;       ///< by device
    std::map<std::string, std::string> unified;  ///< file of cgroup v2 -> what is written to it
};

}  // namespace rt::spec
