#include "rt/base/clock.hpp"

#include <ctime>

namespace rt {

std::string rfc3339_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    char seconds[32];
    const std::size_t length = strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    std::string fraction = std::to_string(now.tv_nsec);
    fraction.insert(0, 9 - fraction.size(), '0');
    return std::string(seconds, length) + "." + fraction + "Z";
}

}  // namespace rt
