#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/plan/resources.hpp"
#include "rt/plan/unit_property.hpp"

namespace rt::plan {

/// The amount that a control file is given, for a property: "max", -1, a number, with K, M, G or T as the kernel takes it
/// (memparse()). Empty: it is no amount. Pure.
std::optional<std::uint64_t> amount_of(std::string text);

/// Adds what a file is told of single devices (io.max, io.weight, blkio.throttle.*) to the property that stands for it. Pure.
void add_device_limits(const CgroupFile& file, std::vector<UnitProperty>& properties);

}  // namespace rt::plan
