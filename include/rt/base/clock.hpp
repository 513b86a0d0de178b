#pragma once

#include <string>

namespace rt {

/// The time of day in UTC as RFC 3339 with nanoseconds: "2026-11-23T16:07:01.123456789Z".
std::string rfc3339_now();

}  // namespace rt
