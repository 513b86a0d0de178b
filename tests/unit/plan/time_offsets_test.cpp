#include "rt/plan/time_offsets.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;

namespace {

spec::Linux with_offsets(spec::TimeOffsets offsets, std::vector<spec::Namespace> namespaces) {
    return {.namespaces = std::move(namespaces), .time_offsets = offsets};
}

std::string text_of(const spec::Linux& section) {
    std::string text;
    for (const plan::ClockOffset& offset : plan::plan_time_offsets(section, plan::plan_namespaces(section))) {
        text += offset.to_proc_text();
    }
    return text;
}

Failure refusal_of(const spec::Linux& section) {
    return test::refusal_of([&] { text_of(section); });
}

const std::vector<spec::Namespace> new_time{{.type = NamespaceType::time}};
constexpr std::int64_t furthest = 4611686018;  // KTIME_SEC_MAX / 2 (include/linux/ktime.h)

}  // namespace

TEST_CASE("offsets are written as time_namespaces(7) has them", "[plan][time]") {
    CHECK(text_of({.namespaces = new_time}).empty());
    CHECK(text_of(with_offsets({}, {})).empty());
    CHECK(text_of(with_offsets({.monotonic = {{.secs = 172800}}, .boottime = {{.secs = 604800, .nanosecs = 3}}},
                               new_time)) == "monotonic 172800 0\nboottime 604800 3\n");
    CHECK(text_of(with_offsets({.boottime = {{.secs = -1, .nanosecs = 999999999}}}, new_time)) ==
          "boottime -1 999999999\n");
    CHECK(text_of(with_offsets({.monotonic = {{.secs = furthest}}}, new_time)) == "monotonic 4611686018 0\n");
}

TEST_CASE("offsets need a new time namespace, and a clock reaches 146 years", "[plan][time]") {
    const spec::TimeOffsets offsets{.monotonic = {{.secs = 1}}};
    const Failure missing = refusal_of(with_offsets(offsets, {}));
    CHECK(missing.object == "/linux/timeOffsets");
    CHECK(missing.reason == "/linux/namespaces lists no time namespace");
    CHECK_FALSE(missing.hint.empty());

    const Failure joined = refusal_of(with_offsets(offsets, {{.type = NamespaceType::time, .path = "/run/time"}}));
    CHECK(joined.object == "/linux/timeOffsets");
    CHECK(joined.reason.find("/run/time is joined") != std::string::npos);

    for (const std::int64_t seconds : {furthest + 1, -furthest - 1, INT64_MIN, INT64_MAX}) {
        CAPTURE(seconds);
        CHECK(refusal_of(with_offsets({.boottime = {{.secs = seconds}}}, new_time)).object ==
              "/linux/timeOffsets/boottime/secs");
    }
}
