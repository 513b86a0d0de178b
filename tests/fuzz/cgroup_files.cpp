// Files that the kernel shows in a cgroup, in resctrl and in /proc; the text behind the first is that of another one.
#include "rt/cgroup/setting_file.hpp"
#include "rt/cgroup/stats.hpp"
#include "rt/plan/id_mappings.hpp"
#include "rt/plan/number_list.hpp"
#include "rt/rdt/schemata.hpp"
#include "target.hpp"

using namespace rt;

namespace {

void check_number_list(std::string_view text) {
    fuzz::accepted([&] {
        const plan::NumberSet numbers = plan::read_number_list(text, 4096, JsonPointer("/cpus"));
        fuzz::require(plan::read_number_list(numbers.text(), 4096, JsonPointer("/cpus")) == numbers,
                      "a list is read as it is written");
    });
}

void check_mappings(std::string_view text) {
    const auto entries = plan::parse_proc_mappings(text);
    if (!entries) return;
    fuzz::accepted([&] {
        const plan::IdMappings mappings = plan::IdMappings::validate(*entries, JsonPointer("/linux/uidMappings"));
        const auto again = plan::parse_proc_mappings(mappings.to_proc_text());
        fuzz::require(again && plan::IdMappings::validate(*again, JsonPointer("/")).same_mapping_as(mappings),
                      "a mapping is read as it is written");
        for (const spec::IdMapping& entry : mappings.entries()) {
            fuzz::require(mappings.to_host(entry.container_id) == entry.host_id, "a mapping maps");
            fuzz::require(mappings.to_container(entry.host_id) == entry.container_id, "a mapping maps back");
            fuzz::require(mappings.with_host_id_alone(entry.host_id).same_mapping_as(mappings),
                          "cutting changes nothing");
        }
    });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    const std::string text(input.text);
    cgroup::parse_counters(text);
    cgroup::parse_pressure(text);
    cgroup::parse_io_stat(text);
    cgroup::parse_blkio(text);
    const std::string other(input.choices.rest());
    for (const char* name : {"memory.oom_control", "io.max", "rdma.max", "cpu.max", "net_prio.ifpriomap"})
        fuzz::require(!cgroup::value_to_restore(name, text, other).empty(), "something is written");
    rdt::difference({other}, text, 10);
    check_number_list(text);
    check_mappings(text);
    return 0;
}
