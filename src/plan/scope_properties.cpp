#include <algorithm>
#include <array>
#include <limits>

#include "rt/base/text.hpp"
#include "rt/plan/scope.hpp"
#include "rt/plan/unit_amount.hpp"

namespace rt::plan {

namespace {

constexpr bool v1 = false;
constexpr bool v2 = true;

// AllowedCPUs is a set of bits, the lowest first.
std::optional<std::vector<std::uint8_t>> bits_of(const std::string& list) {
    constexpr unsigned most = 8191;  // CPUs of the largest kernel configuration
    std::vector<std::uint8_t> bits;
    for (const std::string& range : split(list, ',')) {
        const std::size_t dash = range.find('-');
        const auto first = parse_number<unsigned>(range.substr(0, dash));
        const auto last = dash == std::string::npos ? first : parse_number<unsigned>(range.substr(dash + 1));
        if (!first || !last || *last > most) return std::nullopt;
        if (bits.size() <= *last / 8) bits.resize(*last / 8 + 1);
        for (unsigned number = *first; number <= *last; ++number)
            bits[number / 8] = static_cast<std::uint8_t>(bits[number / 8] | 1U << number % 8);
    }
    return bits;
}

// A file whose value is one amount, and the property that stands for it.
struct AmountRow {
    std::string_view file;
    bool unified;
    std::string_view property;
};

constexpr std::array amount_rows{
    AmountRow{"memory.max", v2, "MemoryMax"},
    AmountRow{"memory.high", v2, "MemoryHigh"},
    AmountRow{"memory.low", v2, "MemoryLow"},
    AmountRow{"memory.min", v2, "MemoryMin"},
    AmountRow{"memory.swap.max", v2, "MemorySwapMax"},
    AmountRow{"pids.max", v2, "TasksMax"},
    AmountRow{"cpu.weight", v2, "CPUWeight"},
    AmountRow{"io.weight", v2, "IOWeight"},
    AmountRow{"memory.limit_in_bytes", v1, "MemoryLimit"},
    AmountRow{"cpu.shares", v1, "CPUShares"},
    AmountRow{"blkio.weight", v1, "BlockIOWeight"},
    AmountRow{"pids.max", v1, "TasksMax"},
};

// Microseconds of CPU time, in each period.
struct Quota {
    std::optional<std::uint64_t> quota;  ///< 2^64-1: none
    std::optional<std::uint64_t> period;
};

void take_quota(const CgroupSetting& setting, const CgroupFile& file, Quota& quota) {
    if (file.name == "cpu.cfs_quota_us") quota.quota = amount_of(file.value);
    if (file.name == "cpu.cfs_period_us") quota.period = amount_of(file.value);
    if (file.name != "cpu.max") return;
    const std::vector<std::string> words = split(file.value, ' ');
    if (words.empty()) return;
    if (!setting.keeps_quota) quota.quota = amount_of(words.front());
    if (words.size() > 1 || setting.keeps_quota) quota.period = amount_of(words.back());
}

void add_quota(const Quota& quota, std::vector<UnitProperty>& properties) {
    constexpr std::uint64_t second = 1000000;
    constexpr std::uint64_t percent = second / 100;
    constexpr std::uint64_t usual_period = 100000;
    constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();
    if (quota.period.value_or(0) != 0) properties.push_back({"CPUQuotaPeriodUSec", *quota.period});
    if (!quota.quota) return;
    std::uint64_t per_second = none;
    if (*quota.quota <= none / second) {
        const std::uint64_t period = std::max<std::uint64_t>(quota.period.value_or(usual_period), 1);
        per_second = *quota.quota * second / period;
        // systemd keeps whole percents: rounded down, the container would have less than it was promised.
        per_second = (per_second + percent - 1) / percent * percent;
    }
    properties.push_back({"CPUQuotaPerSecUSec", per_second});
}

void add_set(const char* property, const std::string& list, std::vector<UnitProperty>& properties) {
    if (std::optional<std::vector<std::uint8_t>> bits = bits_of(list))
        properties.push_back({property, *std::move(bits)});
}

void add_limit(const CgroupSetting& setting, const CgroupFile& file, unsigned version,
               std::vector<UnitProperty>& properties) {
    constexpr unsigned first_with_cpusets = 244;
    constexpr unsigned first_with_idle = 252;
    for (const AmountRow& row : amount_rows) {
        if (row.file != file.name || row.unified != setting.unified) continue;
        if (const auto amount = amount_of(file.value)) properties.push_back({std::string(row.property), *amount});
    }
    if (!setting.unified) return;
    if (file.name == "cpuset.cpus" && version >= first_with_cpusets) add_set("AllowedCPUs", file.value, properties);
    if (file.name == "cpuset.mems" && version >= first_with_cpusets)
        add_set("AllowedMemoryNodes", file.value, properties);
    constexpr std::uint64_t idle = 0;  // what CPUWeight=idle is on the bus
    if (file.name == "cpu.idle" && file.value == "1" && version >= first_with_idle)
        properties.push_back({"CPUWeight", idle});
}

// Of two of one name the later one counts.
void set_property(std::vector<UnitProperty>& properties, UnitProperty property) {
    std::erase_if(properties, [&](const UnitProperty& other) { return other.name == property.name; });
    properties.push_back(std::move(property));
}

}  // namespace

std::vector<UnitProperty> limit_properties(const CgroupResources& resources, unsigned version) {
    std::vector<UnitProperty> properties;
    Quota quota;
    for (const CgroupSetting& setting : resources.settings) {
        for (const CgroupFile& file : setting.choices) {
            add_limit(setting, file, version, properties);
            take_quota(setting, file, quota);
            add_device_limits(file, properties);
        }
    }
    add_quota(quota, properties);
    return properties;
}

std::vector<UnitProperty> plan_scope_properties(const Scope& scope, const std::string& id,
                                                const CgroupResources& resources,
                                                const std::optional<DeviceList>& devices,
                                                const std::map<std::string, std::string>& annotations,
                                                const SystemdManager& manager, std::vector<std::string>& warnings) {
    std::vector<UnitProperty> properties{
        {"Description", concat("container ", id, " of rt")},
        {"Slice", scope.slice},
        // The container may divide its cgroup, and systemd leaves what is in it alone.
        {"Delegate", true},
        {"DefaultDependencies", false},
        // A container that ran out of memory would otherwise stay as a failed unit, and its name be taken.
        {"CollectMode", std::string("inactive-or-failed")},
        {"CPUAccounting", true},
        {"MemoryAccounting", true},
        {"TasksAccounting", true},
    };
    if (devices) {
        for (UnitProperty& property : device_properties(*devices, warnings))
            set_property(properties, std::move(property));
    }
    for (UnitProperty& property : limit_properties(resources, manager.version))
        set_property(properties, std::move(property));
    for (UnitProperty& property : annotated_properties(annotations)) set_property(properties, std::move(property));
    return properties;
}

}  // namespace rt::plan
