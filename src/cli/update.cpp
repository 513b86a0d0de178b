#include <array>
#include <limits>
#include <type_traits>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/json_file.hpp"
#include "rt/container/commands.hpp"
#include "rt/spec/sections.hpp"

namespace rt::cli {

namespace {

spec::Resources resources_from(const std::string& file) {
    const spec::Document document = read_json_file(file);
    return during(concat("read '", name_of_file(file), "'"), [&] { return spec::read_resources(document.root()); });
}

[[noreturn]] void refuse(std::string_view option, const std::string& value, const char* expected) {
    fail(concat("use the value of --", option), printable(value), concat("expected ", expected));
}

template <class Number>
Number number_of(std::string_view option, const std::string& value) {
    const std::optional<Number> number = parse_number<Number>(value);
    if (!number) refuse(option, value, std::is_signed_v<Number> ? "a whole number" : "a whole number from 0");
    return *number;
}

// "512M": K, M, G and T are powers of 1024, in either case, with or without a B; -1 is no limit.
std::int64_t bytes_of(std::string_view option, const std::string& value) {
    constexpr const char* expected = "bytes, also as 512K, 50M, 2G or 1T, or -1 for no limit";
    constexpr std::string_view units = "kmgt";
    std::string_view digits = value;
    if (digits.size() > 1 && (digits.back() == 'b' || digits.back() == 'B')) digits.remove_suffix(1);
    unsigned shift = 0;
    if (!digits.empty()) {
        const char last = static_cast<char>(digits.back() | 0x20);
        if (const std::size_t unit = units.find(last); unit != std::string_view::npos) {
            shift = 10 * (static_cast<unsigned>(unit) + 1);
            digits.remove_suffix(1);
        }
    }
    const std::optional<std::int64_t> number = parse_number<std::int64_t>(digits);
    const bool fits = number && (*number >= 0 ? *number <= (std::numeric_limits<std::int64_t>::max() >> shift)
                                              : *number == -1 && shift == 0);
    if (!fits) refuse(option, value, expected);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(*number) << shift);
}

// One row per option: which member of the resources it sets.
struct Row {
    std::string_view option;
    void (*set)(spec::Resources& resources, std::string_view option, const std::string& value);
};

spec::MemoryResources& memory(spec::Resources& resources) {
    return resources.memory ? *resources.memory : resources.memory.emplace();
}
spec::CpuResources& cpu(spec::Resources& resources) { return resources.cpu ? *resources.cpu : resources.cpu.emplace(); }

template <auto Field>
void set_bytes(spec::Resources& resources, std::string_view option, const std::string& value) {
    memory(resources).*Field = bytes_of(option, value);
}

template <auto Field>
void set_cpu(spec::Resources& resources, std::string_view option, const std::string& value) {
    using Number = typename std::remove_reference_t<decltype(cpu(resources).*Field)>::value_type;
    cpu(resources).*Field = number_of<Number>(option, value);
}

template <auto Field>
void set_cpuset(spec::Resources& resources, std::string_view /*option*/, const std::string& value) {
    cpu(resources).*Field = value;
}

void set_pids(spec::Resources& resources, std::string_view option, const std::string& value) {
    resources.pids_limit = number_of<std::int64_t>(option, value);
}

void set_block_io_weight(spec::Resources& resources, std::string_view option, const std::string& value) {
    if (!resources.block_io) resources.block_io.emplace();
    resources.block_io->weight = number_of<std::uint16_t>(option, value);
}

constexpr std::array rows{
    Row{"memory", set_bytes<&spec::MemoryResources::limit>},
    Row{"memory-reservation", set_bytes<&spec::MemoryResources::reservation>},
    Row{"memory-swap", set_bytes<&spec::MemoryResources::swap>},
    Row{"pids-limit", set_pids},
    Row{"cpu-share", set_cpu<&spec::CpuResources::shares>},
    Row{"cpu-quota", set_cpu<&spec::CpuResources::quota>},
    Row{"cpu-period", set_cpu<&spec::CpuResources::period>},
    Row{"cpu-burst", set_cpu<&spec::CpuResources::burst>},
    Row{"cpu-rt-runtime", set_cpu<&spec::CpuResources::realtime_runtime>},
    Row{"cpu-rt-period", set_cpu<&spec::CpuResources::realtime_period>},
    Row{"cpu-idle", set_cpu<&spec::CpuResources::idle>},
    Row{"cpuset-cpus", set_cpuset<&spec::CpuResources::cpus>},
    Row{"cpuset-mems", set_cpuset<&spec::CpuResources::mems>},
    Row{"blkio-weight", set_block_io_weight},
};

}  // namespace

int update(const container::Roots& roots, const Arguments& arguments) {
    spec::Resources resources;
    if (arguments.has("resources")) resources = resources_from(arguments.value("resources", ""));
    for (const Row& row : rows) {
        if (arguments.has(row.option)) row.set(resources, row.option, arguments.value(row.option, ""));
    }
    container::update(roots, arguments.words[0], std::move(resources));
    return 0;
}

}  // namespace rt::cli
