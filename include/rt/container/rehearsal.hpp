#pragma once

#include "rt/analysis/finding.hpp"
#include "rt/container/load.hpp"
#include "rt/os/procfs.hpp"

namespace rt::container {

/// What the kernel refuses of the namespaces, mappings, kernel parameters, file systems and attributes of the container: asked by
/// a process that does with them what init does, and ends. Nothing else is made, no file is changed. Takes the opened namespaces.
analysis::Findings rehearse(Loaded& loaded, const os::Procfs& procfs);

}  // namespace rt::container
