#pragma once

#include <string>
#include <vector>

#include "rt/init/line.hpp"
#include "rt/os/child.hpp"

namespace rt::container {

/// Says what ended a process that is gone without a word: `who` it was ("init"), how it ended, in which step, and whether the
/// memory limit of its cgroups stands behind that. \throws Error, always
[[noreturn]] void explain_death(const std::string& who, os::Child& process, const std::vector<std::string>& cgroups,
                                const init::PeerGone& gone);

}  // namespace rt::container
