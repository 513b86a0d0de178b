#pragma once

#include "rt/container/roots.hpp"
#include "rt/os/procfs.hpp"
#include "rt/state/entry.hpp"

namespace rt::container {

/// Ends every process of the container, removes what create made: cgroups, then the state directory, so that a failure half
/// way can be repeated, and runs the poststop hooks. \throws Error
void remove_recorded(state::Entry& entry, const state::Record& record, const os::Procfs& procfs);

/// The same for who has made the container and seen its init end, with what was recorded then; another command may have done it
/// meanwhile: then there is nothing left to do. \throws Error
void remove_ended(state::Entry& entry, const state::Record& record, const state::PrivateRecord& secret);

/// The same by its id; another command may have done it meanwhile: then there is nothing left to do. \throws Error
void remove_if_there(const Roots& roots, const std::string& id);

}  // namespace rt::container
