#include "rt/base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "rt/base/text.hpp"

namespace rt {

namespace {

std::string padded(long long number, std::size_t width) {
    std::string digits = std::to_string(number);
    digits.insert(0, width - std::min(width, digits.size()), '0');
    return digits;
}

}  // namespace

// Not by strftime(3), which reads the file of the local time zone first.
std::string rfc3339_now() {
    using namespace std::chrono;
    const sys_time<nanoseconds> now = system_clock::now();
    const sys_days day = floor<days>(now);
    const year_month_day date(day);
    const hh_mm_ss time(now - day);
    return concat(padded(static_cast<int>(date.year()), 4), "-", padded(static_cast<unsigned>(date.month()), 2), "-",
                  padded(static_cast<unsigned>(date.day()), 2), "T", padded(time.hours().count(), 2), ":",
                  padded(time.minutes().count(), 2), ":", padded(time.seconds().count(), 2), ".",
                  padded(time.subseconds().count(), 9), "Z");
}

}  // namespace rt
