#include <cmath>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/resource_writer.hpp"

namespace rt::plan {

namespace {

constexpr std::string_view controller = "cpu";

JsonPointer place_of(std::string_view field) { return resources_object() / "cpu" / field; }

template <class Number>
bool is_set(const std::optional<Number>& number) {
    return number && *number != 0;
}

void check_burst(const spec::CpuResources& cpu) {
    if (!cpu.burst || !cpu.quota || *cpu.quota <= 0) return;
    if (*cpu.burst > static_cast<std::uint64_t>(*cpu.quota)) {
        fail("use the value at", place_of("burst").text(), concat(*cpu.burst, " is above the quota ", *cpu.quota));
    }
}

void plan_v1(const spec::CpuResources& cpu, ResourceWriter& writer) {
    const auto add = [&](std::string_view field, const char* file, auto number) {
        writer.add(place_of(field), controller, {file, std::to_string(number)});
    };
    if (is_set(cpu.shares)) add("shares", "cpu.shares", *cpu.shares);
    if (is_set(cpu.period)) add("period", "cpu.cfs_period_us", *cpu.period);
    if (is_set(cpu.quota)) add("quota", "cpu.cfs_quota_us", *cpu.quota < 0 ? -1 : *cpu.quota);
    if (cpu.burst) add("burst", "cpu.cfs_burst_us", *cpu.burst);
    if (is_set(cpu.realtime_period)) add("realtimePeriod", "cpu.rt_period_us", *cpu.realtime_period);
    if (is_set(cpu.realtime_runtime)) add("realtimeRuntime", "cpu.rt_runtime_us", *cpu.realtime_runtime);
    if (cpu.idle) add("idle", "cpu.idle", *cpu.idle);
}

void plan_quota_on_v2(const spec::CpuResources& cpu, ResourceWriter& writer) {
    const bool quota = is_set(cpu.quota);
    const bool period = is_set(cpu.period);
    if (!quota && !period) return;
    std::string value = quota ? (*cpu.quota < 0 ? "max" : std::to_string(*cpu.quota)) : "";
    if (period) value += concat(quota ? " " : "", *cpu.period);
    writer.add({.place = place_of(quota ? "quota" : "period").text(),
                .controller = std::string(controller),
                .unified = true,
                .choices = {{"cpu.max", std::move(value)}},
                .keeps_quota = !quota});
}

void plan_v2(const spec::CpuResources& cpu, ResourceWriter& writer) {
    constexpr const char* no_realtime = "it gives realtime processes no time of their own";
    if (is_set(cpu.realtime_period)) refuse_on_v2(place_of("realtimePeriod"), no_realtime);
    if (is_set(cpu.realtime_runtime)) refuse_on_v2(place_of("realtimeRuntime"), no_realtime);
    if (cpu.idle) writer.add(place_of("idle"), controller, {"cpu.idle", std::to_string(*cpu.idle)});
    // An idle cgroup has the least weight, and the kernel refuses another one.
    if (is_set(cpu.shares) && cpu.idle.value_or(0) == 0) {
        writer.add(place_of("shares"), controller, {"cpu.weight", std::to_string(weight_of_shares(*cpu.shares))});
    }
    plan_quota_on_v2(cpu, writer);
    if (cpu.burst) writer.add(place_of("burst"), controller, {"cpu.max.burst", std::to_string(*cpu.burst)});
}

bool has_times(const spec::CpuResources& cpu) {
    return is_set(cpu.shares) || is_set(cpu.quota) || cpu.burst || is_set(cpu.period) || is_set(cpu.realtime_period) ||
           is_set(cpu.realtime_runtime) || cpu.idle;
}

}  // namespace

std::uint64_t weight_of_shares(std::uint64_t shares) noexcept {
    constexpr std::uint64_t least = 2;
    constexpr std::uint64_t most = 262144;
    if (shares <= least) return 1;
    if (shares >= most) return 10000;
    const double logarithm = std::log2(static_cast<double>(shares));
    const double exponent = (logarithm * logarithm + 125 * logarithm) / 612.0 - 7.0 / 34.0;
    return static_cast<std::uint64_t>(std::ceil(std::pow(10.0, exponent)));
}

void plan_cpu(const spec::CpuResources& cpu, ResourceWriter& writer) {
    check_burst(cpu);
    if (has_times(cpu)) {
        writer.is_unified(controller, resources_object() / "cpu") ? plan_v2(cpu, writer) : plan_v1(cpu, writer);
    }
    if (!cpu.cpus.empty()) writer.add(place_of("cpus"), "cpuset", {"cpuset.cpus", cpu.cpus});
    if (!cpu.mems.empty()) writer.add(place_of("mems"), "cpuset", {"cpuset.mems", cpu.mems});
}

}  // namespace rt::plan
