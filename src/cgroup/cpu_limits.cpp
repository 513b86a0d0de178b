#include "rt/cgroup/cpu_limits.hpp"

#include "rt/base/text.hpp"
#include "rt/cgroup/directory.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

// "max" and -1 are no limit.
std::optional<std::uint64_t> number(const std::string& text) { return parse_number<std::uint64_t>(trim(text)); }

void read_one(const Directory& directory, CpuLimits& limits) {
    const auto text = [&](const char* file) { return os::try_read_file(directory.fd.get(), file).value_or(""); };
    if (directory.unified) {
        const std::vector<std::string> words = split(trim(text("cpu.max")), ' ');
        if (words.size() != 2) return;
        limits.quota = number(words[0]);
        limits.period = number(words[1]);
        limits.weight = number(text("cpu.weight"));
    } else if (const auto period = number(text("cpu.cfs_period_us"))) {
        limits.period = period;
        limits.quota = number(text("cpu.cfs_quota_us"));
        limits.shares = number(text("cpu.shares"));
    }
}

}  // namespace

CpuLimits read_cpu_limits(const std::vector<std::string>& directories) {
    CpuLimits limits;
    for (const Directory& directory : open_existing(directories)) read_one(directory, limits);
    return limits;
}

}  // namespace rt::cgroup
