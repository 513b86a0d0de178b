#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rt/plan/process.hpp"
#include "rt/spec/process.hpp"

namespace rt::plan {

/// The five sets of a process of this uid as the kernel will take them. A name that is unknown, or a capability that is
/// not in `grantable`, is dropped with one warning that names it (config.md "capabilities": it must not fail); so is what
/// the kernel's own rules forbid in that set (capabilities(7): effective within permitted, ambient within both permitted
/// and inheritable, inheritable and permitted within bounding), but for ambient ones of root, to whom they are nothing.
CapabilitySets plan_capabilities(const spec::Capabilities& capabilities, std::uint64_t grantable, std::uint32_t uid,
                                 std::vector<std::string>& warnings);

/// The name with its prefix ("CAP_KILL"), or "capability 99" for one that libcap-ng does not know.
std::string capability_name(unsigned capability);

/// The names that plan_capabilities() knows, by number.
std::vector<std::string> capability_names();

}  // namespace rt::plan
