#pragma once

#include "rt/os/procfs.hpp"
#include "rt/state/entry.hpp"

namespace rt::container {

/// Ends every process of the container and removes what create made: cgroups, then the state directory, so that a
/// failure half way can be repeated. \throws Error
void remove_recorded(state::Entry& entry, const state::Record& record, const os::Procfs& procfs);

}  // namespace rt::container
