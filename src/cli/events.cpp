#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/container/commands.hpp"

namespace rt::cli {

namespace {

using nlohmann::ordered_json;

// "0-2,7" -> [0,1,2,7]
ordered_json numbers_of(const std::string& list) {
    ordered_json numbers = ordered_json::array();
    for (const std::string& range : split(list, ',')) {
        const std::size_t dash = range.find('-');
        const auto first = parse_number<unsigned>(range.substr(0, dash));
        const auto last = dash == std::string::npos ? first : parse_number<unsigned>(range.substr(dash + 1));
        if (!first || !last) continue;
        for (unsigned number = *first; number <= *last; ++number) numbers.push_back(number);
    }
    return numbers;
}

ordered_json to_json(const cgroup::PressureLine& line) {
    return {
        {"avg10", line.average_10}, {"avg60", line.average_60}, {"avg300", line.average_300}, {"total", line.total}};
}

void add_pressure(ordered_json& object, const std::optional<cgroup::Pressure>& pressure) {
    if (pressure) object["psi"] = {{"some", to_json(pressure->some)}, {"full", to_json(pressure->full)}};
}

ordered_json to_json(const cgroup::Usage& usage) {
    return {{"limit", usage.limit}, {"usage", usage.usage}, {"max", usage.most}, {"failcnt", usage.failures}};
}

ordered_json cpu_of(const cgroup::Stats& stats) {
    ordered_json cpu{
        {"usage",
         {{"total", stats.cpu.total},
          {"percpu", stats.cpu.per_cpu},
          {"percpu_kernel", stats.cpu.per_cpu_kernel},
          {"percpu_user", stats.cpu.per_cpu_user},
          {"kernel", stats.cpu.kernel},
          {"user", stats.cpu.user}}},
        {"throttling",
         {{"periods", stats.throttling.periods},
          {"throttledPeriods", stats.throttling.throttled_periods},
          {"throttledTime", stats.throttling.throttled_time}}},
        {"burst", {{"burstsPeriods", stats.throttling.burst_periods}, {"burstTime", stats.throttling.burst_time}}}};
    add_pressure(cpu, stats.cpu_pressure);
    return cpu;
}

ordered_json memory_of(const cgroup::Stats& stats) {
    ordered_json memory{{"cache", stats.memory.cache},
                        {"usage", to_json(stats.memory.usage)},
                        {"swap", to_json(stats.memory.swap)},
                        {"kernel", to_json(stats.memory.kernel)},
                        {"kernelTCP", to_json(stats.memory.kernel_tcp)},
                        {"raw", stats.memory.raw}};
    add_pressure(memory, stats.memory_pressure);
    return memory;
}

ordered_json to_json(const std::vector<cgroup::BlockIoEntry>& entries) {
    ordered_json list = ordered_json::array();
    for (const cgroup::BlockIoEntry& entry : entries) {
        list.push_back(
            {{"major", entry.major}, {"minor", entry.minor}, {"op", entry.operation}, {"value", entry.value}});
    }
    return list;
}

ordered_json block_io_of(const cgroup::Stats& stats) {
    ordered_json block_io{{"ioServiceBytesRecursive", to_json(stats.block_io.bytes)},
                          {"ioServicedRecursive", to_json(stats.block_io.operations)}};
    add_pressure(block_io, stats.block_io_pressure);
    return block_io;
}

ordered_json hugetlb_of(const cgroup::Stats& stats) {
    ordered_json sizes = ordered_json::object();
    for (const auto& [size, usage] : stats.hugetlb) {
        sizes[size] = {{"usage", usage.usage}, {"max", usage.most}, {"failcnt", usage.failures}};
    }
    return sizes;
}

void print_stats(const std::string& id, const cgroup::Stats& stats) {
    const ordered_json line{{"type", "stats"},
                            {"id", id},
                            {"data",
                             {{"cpu", cpu_of(stats)},
                              {"cpuset", {{"cpus", numbers_of(stats.cpus)}, {"mems", numbers_of(stats.memory_nodes)}}},
                              {"memory", memory_of(stats)},
                              {"pids", {{"current", stats.pids}, {"limit", stats.pids_limit}}},
                              {"blkio", block_io_of(stats)},
                              {"hugetlb", hugetlb_of(stats)},
                              {"intel_rdt", ordered_json::object()},
                              {"network_interfaces", nullptr}}}};
    print(line.dump() + "\n");
}

// "500ms", "5s", "1m", "1h": in milliseconds.
int interval_of(const std::string& text) {
    struct Unit {
        std::string_view name;
        int milliseconds;
    };
    constexpr std::array<Unit, 4> units{{{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}}};
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number<int>(text.substr(0, digits));
    const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (!number || *number <= 0 || unit == units.end() ||
        *number > std::numeric_limits<int>::max() / unit->milliseconds) {
        fail("use the value of --interval", printable(text), "expected a time such as 500ms, 5s or 1m");
    }
    return *number * unit->milliseconds;
}

}  // namespace

int events(const container::Roots& roots, const Arguments& arguments) {
    const std::string& id = arguments.words[0];
    const int interval = interval_of(arguments.value("interval", "5s"));
    if (arguments.has("stats")) {
        print_stats(id, container::stats(roots, id));
        return 0;
    }
    container::watch(roots, id, interval,
                     {.stats = [&](const cgroup::Stats& stats) { print_stats(id, stats); },
                      .oom = [&] { print(ordered_json{{"type", "oom"}, {"id", id}}.dump() + "\n"); }});
    return 0;
}

}  // namespace rt::cli
