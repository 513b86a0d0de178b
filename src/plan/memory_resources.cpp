#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/resource_writer.hpp"

namespace rt::plan {

namespace {

constexpr std::string_view controller = "memory";

JsonPointer place_of(std::string_view field) { return resources_object() / "memory" / field; }

std::string text_on_v2(std::int64_t bytes) { return bytes < 0 ? "max" : std::to_string(bytes); }

bool is_set(const std::optional<std::int64_t>& bytes) { return bytes && *bytes != 0; }

// The kernel of v2 has memory and swap apart (Documentation/admin-guide/cgroup-v2.rst, "memory.swap.max").
std::string swap_on_v2(const spec::MemoryResources& memory) {
    const std::int64_t swap = *memory.swap;
    if (swap < 0) return "max";
    const std::int64_t limit = memory.limit.value_or(0);
    if (limit <= 0) {
        fail("use the value at", place_of("swap").text(),
             "it is the limit of memory and swap together, and no limit of memory is given to take from it",
             "set /linux/resources/memory/limit as well");
    }
    return std::to_string(swap - limit);
}

void check_swap(const spec::MemoryResources& memory) {
    if (!is_set(memory.swap) || !is_set(memory.limit) || *memory.swap < 0) return;
    if (*memory.limit > *memory.swap || *memory.limit < 0) {
        fail("use the value at", place_of("swap").text(),
             concat(*memory.swap, " is the limit of memory and swap together, and below the limit of memory ",
                    *memory.limit));
    }
}

void check_swappiness(std::uint64_t swappiness) {
    constexpr std::uint64_t most = 100;
    if (swappiness > most)
        fail("use the value at", place_of("swappiness").text(), concat(swappiness, " is above ", most));
}

void plan_v1(const spec::MemoryResources& memory, ResourceWriter& writer) {
    const auto bytes = [&](std::string_view field, const std::optional<std::int64_t>& value, const char* file) {
        if (is_set(value)) writer.add(place_of(field), controller, {file, std::to_string(*value)});
    };
    bytes("limit", memory.limit, "memory.limit_in_bytes");
    bytes("swap", memory.swap, "memory.memsw.limit_in_bytes");
    bytes("reservation", memory.reservation, "memory.soft_limit_in_bytes");
    bytes("kernel", memory.kernel, "memory.kmem.limit_in_bytes");
    bytes("kernelTCP", memory.kernel_tcp, "memory.kmem.tcp.limit_in_bytes");
    if (memory.swappiness)
        writer.add(place_of("swappiness"), controller, {"memory.swappiness", std::to_string(*memory.swappiness)});
    if (memory.disable_oom_killer) {
        writer.add(place_of("disableOOMKiller"), controller,
                   {"memory.oom_control", *memory.disable_oom_killer ? "1" : "0"});
    }
}

void plan_v2(const spec::MemoryResources& memory, ResourceWriter& writer) {
    if (is_set(memory.kernel) && *memory.kernel > 0)
        refuse_on_v2(place_of("kernel"), "memory of the kernel is a part of the limit of memory there");
    if (is_set(memory.kernel_tcp) && *memory.kernel_tcp > 0)
        refuse_on_v2(place_of("kernelTCP"), "memory of TCP buffers is a part of the limit of memory there");
    if (memory.swappiness) refuse_on_v2(place_of("swappiness"), "it knows no swappiness of a single cgroup");
    if (memory.disable_oom_killer.value_or(false))
        refuse_on_v2(place_of("disableOOMKiller"), "its OOM killer cannot be disabled for a cgroup");
    if (is_set(memory.limit)) writer.add(place_of("limit"), controller, {"memory.max", text_on_v2(*memory.limit)});
    if (is_set(memory.swap)) {
        writer.add(place_of("swap"), controller, {"memory.swap.max", swap_on_v2(memory)});
    } else if (is_set(memory.limit) && *memory.limit < 0) {
        writer.add({.place = place_of("limit").text(),
                    .controller = std::string(controller),
                    .unified = true,
                    .choices = {{"memory.swap.max", "max"}},
                    .may_be_missing = true});  // a kernel without swap
    }
    if (is_set(memory.reservation))
        writer.add(place_of("reservation"), controller, {"memory.low", text_on_v2(*memory.reservation)});
}

}  // namespace

void plan_memory(const spec::MemoryResources& given, ResourceWriter& writer) {
    spec::MemoryResources memory = given;
    constexpr std::uint64_t minus_one = ~std::uint64_t{0};  // Docker's "as it is", in a number without a sign
    if (memory.swappiness == minus_one) memory.swappiness.reset();
    if (memory.swappiness) check_swappiness(*memory.swappiness);
    check_swap(memory);
    // Linux 5.11 and newer account for cgroups below others always, on both versions.
    if (!memory.use_hierarchy.value_or(true))
        fail("use the value at", place_of("useHierarchy").text(),
             "the kernel always counts what is below a cgroup too");
    const bool nothing = !is_set(memory.limit) && !is_set(memory.reservation) && !is_set(memory.swap) &&
                         !is_set(memory.kernel) && !is_set(memory.kernel_tcp) && !memory.swappiness &&
                         !memory.disable_oom_killer.value_or(false);
    if (nothing) return;
    if (memory.check_before_update && is_set(memory.limit) && *memory.limit > 0)
        writer.target().refused_below_usage = static_cast<std::uint64_t>(*memory.limit);
    writer.is_unified(controller, resources_object() / "memory") ? plan_v2(memory, writer) : plan_v1(memory, writer);
}

}  // namespace rt::plan
