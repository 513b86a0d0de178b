#pragma once

#include <sys/personality.h>

#include <array>

#include "rt/base/named.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

inline constexpr auto personality_domains = std::to_array<Named<unsigned long>>({
    {"LINUX", PER_LINUX},
    {"LINUX32", PER_LINUX32},
});

/// What personality(2) is asked for. \throws Error with the pointer: an unknown domain, any flag (the spec has none)
unsigned long plan_personality(const spec::Personality& personality);

}  // namespace rt::plan
