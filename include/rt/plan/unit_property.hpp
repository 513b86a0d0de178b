#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rt::plan {

/// Pairs of strings, as DeviceAllow has them: a device and the kinds of access.
using StringPairs = std::vector<std::pair<std::string, std::string>>;

/// Pairs of a string and an amount, as IOReadBandwidthMax has them: a device and its limit.
using StringAmounts = std::vector<std::pair<std::string, std::uint64_t>>;

/// The value of a unit's property; the alternative decides the type that D-Bus gives it: b, y, n, q, i, u, x, t, d, s, as, ay,
/// a(ss), a(st).
using PropertyValue = std::variant<bool, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                                   std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>,
                                   std::vector<std::uint8_t>, StringPairs, StringAmounts>;

/// A property of a unit of systemd, by the name that its bus interface has for it: "MemoryMax" (org.freedesktop.systemd1(5)).
struct UnitProperty {
    std::string name;
    PropertyValue value;

    bool operator==(const UnitProperty&) const = default;
};

}  // namespace rt::plan
