#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rt/base/error.hpp"

namespace rt::analysis {

/// How much a finding of `rt check` weighs.
enum class Level : std::uint8_t {
    note,     ///< what could not be looked at, or is worth knowing
    warning,  ///< the container starts, and is not quite what the config says
    fatal     ///< the container does not start
};

constexpr std::string_view name_of(Level level) {
    return level == Level::fatal ? "error" : level == Level::warning ? "warning" : "note";
}

/// One thing that was found before a start.
struct Finding {
    Level level{};
    std::string object;  ///< a place in config.json, a path, a switch of the kernel
    std::string cause;   ///< what is wrong with it
    std::string hint;    ///< what to do; may be empty
};

/// The finding that an operation would end with this failure.
Finding finding_of(const Failure& failure);

using Findings = std::vector<Finding>;

}  // namespace rt::analysis
