#include "rt/cgroup/stats.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "rt/base/text.hpp"
#include "rt/cgroup/directory.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

constexpr std::uint64_t no_limit = ~std::uint64_t{0};
constexpr std::uint64_t nanoseconds_per_microsecond = 1000;

std::optional<std::string> read(const Directory& directory, const std::string& file) {
    return os::try_read_file(directory.fd.get(), file);
}

// "max" is no limit.
std::uint64_t number_in(const Directory& directory, const std::string& file, std::uint64_t otherwise = 0) {
    const std::optional<std::string> text = read(directory, file);
    if (!text) return otherwise;
    return trim(*text) == "max" ? no_limit : parse_number<std::uint64_t>(trim(*text)).value_or(otherwise);
}

std::vector<std::uint64_t> numbers_in(const std::string& text) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& word : split(trim(text), ' ')) {
        if (const auto number = parse_number<std::uint64_t>(word)) numbers.push_back(*number);
    }
    return numbers;
}

std::uint64_t value_of(const std::map<std::string, std::uint64_t>& counters, const char* key) {
    const auto found = counters.find(key);
    return found == counters.end() ? 0 : found->second;
}

std::map<std::string, std::uint64_t> counters_in(const Directory& directory, const char* file) {
    return parse_counters(read(directory, file).value_or(""));
}

void read_cpu_v1(const Directory& directory, Stats& stats) {
    if (const auto total = read(directory, "cpuacct.usage")) {
        stats.cpu.total = parse_number<std::uint64_t>(trim(*total)).value_or(0);
        stats.cpu.per_cpu = numbers_in(read(directory, "cpuacct.usage_percpu").value_or(""));
        stats.cpu.per_cpu_kernel = numbers_in(read(directory, "cpuacct.usage_percpu_sys").value_or(""));
        stats.cpu.per_cpu_user = numbers_in(read(directory, "cpuacct.usage_percpu_user").value_or(""));
        stats.cpu.kernel = number_in(directory, "cpuacct.usage_sys");
        stats.cpu.user = number_in(directory, "cpuacct.usage_user");
    }
    const auto counters = counters_in(directory, "cpu.stat");
    if (counters.empty()) return;
    stats.throttling = {.periods = value_of(counters, "nr_periods"),
                        .throttled_periods = value_of(counters, "nr_throttled"),
                        .throttled_time = value_of(counters, "throttled_time"),
                        .burst_periods = value_of(counters, "nr_bursts"),
                        .burst_time = value_of(counters, "burst_time")};
}

void read_cpu_v2(const Directory& directory, Stats& stats) {
    const auto counters = counters_in(directory, "cpu.stat");
    const auto time = [&](const char* key) { return value_of(counters, key) * nanoseconds_per_microsecond; };
    // Without the cpu controller v2 counts the times all the same, beside those of v1.
    if (stats.cpu.total == 0) {
        stats.cpu.total = time("usage_usec");
        stats.cpu.kernel = time("system_usec");
        stats.cpu.user = time("user_usec");
    }
    if (counters.contains("nr_periods")) {
        stats.throttling = {.periods = value_of(counters, "nr_periods"),
                            .throttled_periods = value_of(counters, "nr_throttled"),
                            .throttled_time = time("throttled_usec"),
                            .burst_periods = value_of(counters, "nr_bursts"),
                            .burst_time = time("burst_usec")};
    }
    stats.cpu_pressure = parse_pressure(read(directory, "cpu.pressure").value_or(""));
}

Usage usage_v1(const Directory& directory, const std::string& prefix) {
    return {.usage = number_in(directory, prefix + "usage_in_bytes"),
            .most = number_in(directory, prefix + "max_usage_in_bytes"),
            .limit = number_in(directory, prefix + "limit_in_bytes"),
            .failures = number_in(directory, prefix + "failcnt")};
}

void read_memory_v1(const Directory& directory, Stats& stats) {
    if (!read(directory, "memory.usage_in_bytes")) return;
    stats.memory.usage = usage_v1(directory, "memory.");
    stats.memory.swap = usage_v1(directory, "memory.memsw.");
    stats.memory.kernel = usage_v1(directory, "memory.kmem.");
    stats.memory.kernel_tcp = usage_v1(directory, "memory.kmem.tcp.");
    stats.memory.raw = counters_in(directory, "memory.stat");
    stats.memory.cache = value_of(stats.memory.raw, "cache");
}

void read_memory_v2(const Directory& directory, Stats& stats) {
    if (!read(directory, "memory.current")) return;
    const auto usage = [&](const std::string& prefix) -> Usage {
        return {.usage = number_in(directory, prefix + "current"),
                .most = number_in(directory, prefix + "peak"),
                .limit = number_in(directory, prefix + "max"),
                .failures = 0};
    };
    stats.memory.usage = usage("memory.");
    stats.memory.usage.failures = value_of(counters_in(directory, "memory.events"), "max");
    // Memory and swap together, as v1 counts them.
    const Usage swap = usage("memory.swap.");
    const std::uint64_t limit = stats.memory.usage.limit;
    stats.memory.swap = {.usage = swap.usage + stats.memory.usage.usage,
                         .most = swap.most + stats.memory.usage.most,
                         .limit = limit == no_limit || swap.limit == no_limit ? no_limit : limit + swap.limit,
                         .failures = value_of(counters_in(directory, "memory.swap.events"), "max")};
    stats.memory.raw = counters_in(directory, "memory.stat");
    stats.memory.cache = value_of(stats.memory.raw, "file");
    stats.memory_pressure = parse_pressure(read(directory, "memory.pressure").value_or(""));
}

void read_pids(const Directory& directory, Stats& stats) {
    if (!read(directory, "pids.current")) return;
    stats.pids = number_in(directory, "pids.current");
    const std::uint64_t limit = number_in(directory, "pids.max");
    stats.pids_limit = limit == no_limit ? 0 : limit;
}

void read_cpuset(const Directory& directory, Stats& stats) {
    for (const char* file : {"cpuset.cpus.effective", "cpuset.effective_cpus"}) {
        if (const auto text = read(directory, file)) stats.cpus = std::string(trim(*text));
    }
    for (const char* file : {"cpuset.mems.effective", "cpuset.effective_mems"}) {
        if (const auto text = read(directory, file)) stats.memory_nodes = std::string(trim(*text));
    }
}

void read_block_io(const Directory& directory, Stats& stats) {
    if (directory.unified) {
        if (const auto text = read(directory, "io.stat")) stats.block_io = parse_io_stat(*text);
        stats.block_io_pressure = parse_pressure(read(directory, "io.pressure").value_or(""));
        return;
    }
    // Under BFQ its own files count; the others do without it.
    for (const char* prefix : {"blkio.throttle.", "blkio.bfq."}) {
        const auto bytes = parse_blkio(read(directory, concat(prefix, "io_service_bytes_recursive")).value_or(""));
        if (bytes.empty()) continue;
        stats.block_io = {
            .bytes = bytes,
            .operations = parse_blkio(read(directory, concat(prefix, "io_serviced_recursive")).value_or(""))};
    }
}

// Which page sizes there are is told by the names of the files.
void read_hugetlb(const Directory& directory, Stats& stats) {
    constexpr std::string_view prefix = "hugetlb.";
    const std::string_view suffix = directory.unified ? ".current" : ".usage_in_bytes";
    for (const std::string& name : os::names_in(directory.fd.get(), directory.path)) {
        if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.find(".rsvd.") != std::string::npos) continue;
        const std::string size = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
        const std::string base = concat(prefix, size, ".");
        stats.hugetlb[size] =
            directory.unified
                ? Usage{.usage = number_in(directory, base + "current"),
                        .most = 0,
                        .limit = number_in(directory, base + "max"),
                        .failures = value_of(parse_counters(read(directory, base + "events").value_or("")), "max")}
                : usage_v1(directory, base);
    }
}

PressureLine pressure_line(const std::string& line) {
    PressureLine parsed;
    for (const std::string& word : split(line, ' ')) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos) continue;
        const std::string key = word.substr(0, equals);
        const char* begin = word.data() + equals + 1;
        const char* end = word.data() + word.size();
        double* average = key == "avg10"    ? &parsed.average_10
                          : key == "avg60"  ? &parsed.average_60
                          : key == "avg300" ? &parsed.average_300
                                            : nullptr;
        if (average != nullptr) std::from_chars(begin, end, *average);
        if (key == "total") std::from_chars(begin, end, parsed.total);
    }
    return parsed;
}

// "8:0" -> 8, 0; false for the word "Total" and anything else.
bool parse_device(const std::string& word, BlockIoEntry& entry) {
    const std::vector<std::string> parts = split(word, ':');
    if (parts.size() != 2) return false;
    const auto major = parse_number<std::uint64_t>(parts[0]);
    const auto minor = parse_number<std::uint64_t>(parts[1]);
    if (!major || !minor) return false;
    entry.major = *major;
    entry.minor = *minor;
    return true;
}

}  // namespace

std::map<std::string, std::uint64_t> parse_counters(const std::string& text) {
    std::map<std::string, std::uint64_t> counters;
    for (const std::string& line : split(text, '\n')) {
        const std::size_t space = line.find(' ');
        if (space == std::string::npos) continue;
        if (const auto number = parse_number<std::uint64_t>(line.substr(space + 1)))
            counters[line.substr(0, space)] = *number;
    }
    return counters;
}

std::optional<Pressure> parse_pressure(const std::string& text) {
    std::optional<Pressure> pressure;
    for (const std::string& line : split(text, '\n')) {
        const bool some = line.starts_with("some ");
        if (!some && !line.starts_with("full ")) continue;
        if (!pressure) pressure.emplace();
        (some ? pressure->some : pressure->full) = pressure_line(line);
    }
    return pressure;
}

BlockIoStats parse_io_stat(const std::string& text) {
    struct Column {
        std::string_view key;
        const char* operation;
        std::vector<BlockIoEntry> BlockIoStats::* list;
    };
    constexpr std::array<Column, 6> columns{{{"rbytes", "Read", &BlockIoStats::bytes},
                                             {"wbytes", "Write", &BlockIoStats::bytes},
                                             {"dbytes", "Discard", &BlockIoStats::bytes},
                                             {"rios", "Read", &BlockIoStats::operations},
                                             {"wios", "Write", &BlockIoStats::operations},
                                             {"dios", "Discard", &BlockIoStats::operations}}};
    BlockIoStats stats;
    for (const std::string& line : split(text, '\n')) {
        const std::vector<std::string> words = split(line, ' ');
        BlockIoEntry entry;
        if (words.empty() || !parse_device(words[0], entry)) continue;
        for (const std::string& word : words) {
            const std::size_t equals = word.find('=');
            const auto column = std::ranges::find(columns, word.substr(0, equals), &Column::key);
            const auto value =
                equals == std::string::npos ? std::nullopt : parse_number<std::uint64_t>(word.substr(equals + 1));
            if (column == columns.end() || !value) continue;
            entry.operation = column->operation;
            entry.value = *value;
            (stats.*(column->list)).push_back(entry);
        }
    }
    return stats;
}

std::vector<BlockIoEntry> parse_blkio(const std::string& text) {
    std::vector<BlockIoEntry> entries;
    for (const std::string& line : split(text, '\n')) {
        const std::vector<std::string> words = split(line, ' ');
        BlockIoEntry entry;
        if (words.size() != 3 || !parse_device(words[0], entry)) continue;
        const auto value = parse_number<std::uint64_t>(words[2]);
        if (!value) continue;
        entry.operation = words[1];
        entry.value = *value;
        entries.push_back(entry);
    }
    return entries;
}

Stats read_stats(const std::vector<std::string>& directories) {
    Stats stats;
    for (const std::string& path : directories) {
        const std::optional<Directory> directory = try_open_directory(path);
        if (!directory) continue;
        directory->unified ? read_cpu_v2(*directory, stats) : read_cpu_v1(*directory, stats);
        directory->unified ? read_memory_v2(*directory, stats) : read_memory_v1(*directory, stats);
        read_pids(*directory, stats);
        read_cpuset(*directory, stats);
        read_block_io(*directory, stats);
        read_hugetlb(*directory, stats);
    }
    return stats;
}

}  // namespace rt::cgroup
