#include "rt/plan/time_offsets.hpp"

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

JsonPointer offsets_object() { return JsonPointer("/linux/timeOffsets"); }

void require_new_time_namespace(const Namespaces& namespaces) {
    if (namespaces.creates(NamespaceType::time)) return;
    if (const JoinedNamespace* joined = namespaces.joined_of(NamespaceType::time)) {
        fail("use the offsets at", offsets_object().text(),
             concat("the time namespace ", joined->path,
                    " is joined, and the clocks of one in use cannot be set (time_namespaces(7))"),
             "leave timeOffsets out: the namespace brings its own");
    }
    const MissingNamespace missing = namespaces.missing(NamespaceType::time);
    fail("use the offsets at", offsets_object().text(), missing.reason, missing.hint);
}

ClockOffset plan_offset(const char* clock, const spec::TimeOffset& offset) {
    // Half of what 64 bits of nanoseconds hold: the kernel lets no clock go further (KTIME_SEC_MAX / 2).
    constexpr std::int64_t furthest = 4611686018;
    if (offset.secs > furthest || offset.secs < -furthest) {
        fail("use the offset at", (offsets_object() / clock / "secs").text(),
             concat(offset.secs, " is out of range: a clock of the kernel reaches ", furthest, " seconds (146 years)"),
             "");
    }
    return {.clock = clock, .seconds = offset.secs, .nanoseconds = offset.nanosecs};
}

}  // namespace

std::string ClockOffset::to_proc_text() const { return concat(clock, " ", seconds, " ", nanoseconds, "\n"); }

std::vector<ClockOffset> plan_time_offsets(const spec::Linux& linux_section, const Namespaces& namespaces) {
    std::vector<ClockOffset> planned;
    if (!linux_section.time_offsets) return planned;
    const spec::TimeOffsets& offsets = *linux_section.time_offsets;
    if (!offsets.monotonic && !offsets.boottime) return planned;
    require_new_time_namespace(namespaces);
    if (offsets.monotonic) planned.push_back(plan_offset("monotonic", *offsets.monotonic));
    if (offsets.boottime) planned.push_back(plan_offset("boottime", *offsets.boottime));
    return planned;
}

}  // namespace rt::plan
