#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/cgroup.hpp"
#include "rt/plan/resources.hpp"

namespace rt::cgroup {

/// A setting that the kernel has otherwise now.
struct Deviation {
    std::string place;    ///< JSON pointer
    std::string file;     ///< absolute
    std::string planned;  ///< what the plan writes
    std::string actual;   ///< what the file holds
};

/// Compares the settings of a plan with the files. \throws Error: one is missing
std::vector<Deviation> deviations(const plan::CgroupResources& resources,
                                  const std::vector<plan::CgroupDirectory>& directories);

/// Whether a file with that content says what was written to it: the kernel rounds sizes to pages, writes lists of numbers in its own
/// way, calls no limit by several names, and fills up lines of several values. Pure.
bool says_what_was_written(const std::string& name, const std::string& content, const std::string& written);

}  // namespace rt::cgroup
