#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt::rdt {

/// Where the content of a schemata file ("    L3:0=7ff;1=7ff\n    MB:0= 20;1=100\n") says something else than the wanted
/// lines, of which a later one wins: "L3:1 is 7ff, and 1f is asked for". Resources and domains that no line names may have
/// any value. Numbers are compared as such; those of MB as the kernel stores them, rounded up to `bandwidth_step` (percent).
/// Empty when all agrees. Pure.
std::string difference(const std::vector<std::string>& wanted, std::string_view content, unsigned bandwidth_step);

}  // namespace rt::rdt
