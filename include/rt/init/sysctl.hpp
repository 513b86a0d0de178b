#pragma once

#include <vector>

#include "rt/os/procfs.hpp"
#include "rt/plan/sysctl.hpp"

namespace rt::init {

/// Writes kernel parameters of the namespaces that the calling process is in: proc(5) shows each reader its own.
/// `procfs` was opened outside of the container, where nobody can have mounted anything over a file of it (CVE-2025-52881).
/// \throws Error naming the parameter
void write_sysctl(const os::Procfs& procfs, const std::vector<plan::Sysctl>& parameters);

}  // namespace rt::init
