#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::analysis {

/// Types and options of the new file systems that this kernel does not know, and the disks, layers and descriptors that they
/// are made of.
Findings check_filesystems(const plan::Rootfs& rootfs, const host::Facts& facts);

}  // namespace rt::analysis
