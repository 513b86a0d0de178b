#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rt::cgroup {

/// Times in nanoseconds, as cgroup v1 has them; v2's microseconds are converted.
struct CpuUsage {
    std::uint64_t total = 0;
    std::uint64_t kernel = 0;
    std::uint64_t user = 0;
    std::vector<std::uint64_t> per_cpu;  ///< v1 only
    std::vector<std::uint64_t> per_cpu_kernel;
    std::vector<std::uint64_t> per_cpu_user;
};

struct CpuThrottling {
    std::uint64_t periods = 0;
    std::uint64_t throttled_periods = 0;
    std::uint64_t throttled_time = 0;  ///< nanoseconds
    std::uint64_t burst_periods = 0;
    std::uint64_t burst_time = 0;  ///< nanoseconds
};

/// Bytes, or pages of a size; a limit of 2^64-1 is none.
struct Usage {
    std::uint64_t usage = 0;
    std::uint64_t most = 0;
    std::uint64_t limit = 0;
    std::uint64_t failures = 0;
};

struct MemoryStats {
    std::uint64_t cache = 0;
    Usage usage;
    Usage swap;
    Usage kernel;
    Usage kernel_tcp;
    std::map<std::string, std::uint64_t> raw;  ///< memory.stat
};

/// One line of block I/O accounting.
struct BlockIoEntry {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    std::string operation;  ///< "Read", "Write", ...
    std::uint64_t value = 0;
};

struct BlockIoStats {
    std::vector<BlockIoEntry> bytes;
    std::vector<BlockIoEntry> operations;
};

/// Pressure of a resource (Documentation/accounting/psi.rst): averages in percent, the total in microseconds.
struct PressureLine {
    double average_10 = 0;
    double average_60 = 0;
    double average_300 = 0;
    std::uint64_t total = 0;
};
struct Pressure {
    PressureLine some;
    PressureLine full;
};

/// What the kernel counts for a cgroup. What it does not count here is absent or 0.
struct Stats {
    CpuUsage cpu;
    CpuThrottling throttling;
    std::optional<Pressure> cpu_pressure;
    std::string cpus;  ///< those that it may use: "0-3"
    std::string memory_nodes;
    MemoryStats memory;
    std::optional<Pressure> memory_pressure;
    std::uint64_t pids = 0;
    std::uint64_t pids_limit = 0;  ///< 0: none
    BlockIoStats block_io;
    std::optional<Pressure> block_io_pressure;
    std::map<std::string, Usage> hugetlb;  ///< by page size, "2MB"
};

/// Reads the counters of a container's cgroup, from whichever hierarchy has them. \throws Error: a directory is none of a
/// cgroup
Stats read_stats(const std::vector<std::string>& directories);

/// Reads a file of key and number per line, as memory.stat and cpu.stat are. Pure.
std::map<std::string, std::uint64_t> parse_counters(const std::string& text);
/// Reads a pressure file; empty when it is not of that form. Pure.
std::optional<Pressure> parse_pressure(const std::string& text);
/// Reads io.stat of v2 ("8:0 rbytes=1 wbytes=2 rios=3 wios=4 ..."). Pure.
BlockIoStats parse_io_stat(const std::string& text);
/// Reads a blkio file of v1 ("8:0 Read 1"). Pure.
std::vector<BlockIoEntry> parse_blkio(const std::string& text);

}  // namespace rt::cgroup
