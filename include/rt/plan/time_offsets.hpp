#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rt/plan/namespaces.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

/// What a clock of the container's time namespace is ahead of the host's.
struct ClockOffset {
    std::string clock;  ///< "monotonic" or "boottime", as config.json and the kernel name it
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;

    /// The line that /proc/PID/timens_offsets takes (time_namespaces(7)).
    std::string to_proc_text() const;
};

/// The offsets that the config lists. \throws Error with the pointer: the container makes no time namespace
/// of its own, or no clock of the kernel reaches as far
std::vector<ClockOffset> plan_time_offsets(const spec::Linux& linux_section, const Namespaces& namespaces);

}  // namespace rt::plan
