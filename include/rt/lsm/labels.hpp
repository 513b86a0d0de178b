#pragma once

#include "rt/os/procfs.hpp"
#include "rt/plan/labels.hpp"

namespace rt::lsm {

/// Tells the security modules which labels the calling process takes at its next execve(2), and which one the keys that it
/// makes until then have. `procfs` is one that the image has no hand in (CVE-2019-16884).
/// \throws Error: the label is unknown, or may not be taken
void set_labels(const os::Procfs& procfs, const plan::Labels& labels);

}  // namespace rt::lsm
