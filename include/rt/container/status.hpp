#pragma once

#include "rt/container/commands.hpp"
#include "rt/os/procfs.hpp"
#include "rt/state/entry.hpp"

namespace rt::container {

/// Whether the record was written since the machine has started. If not, its cgroups and its unit are gone: what has these
/// names now may be somebody else's.
bool is_of_this_boot(const state::Record& record, const os::Procfs& procfs);

/// The status of a recorded container now: its init is looked up by pid, start time and boot; a zombie has ended.
state::Status status_now(const state::Record& record, const os::Procfs& procfs);

/// A descriptor of the living init of the container; empty when it has ended. The start time is compared after the
/// descriptor is open, so a reused pid can never be signalled.
os::UniqueFd try_open_init(const state::Record& record, const os::Procfs& procfs);

/// The state for hooks, from what is recorded.
plan::ContainerState state_of(const state::Record& record, const state::PrivateRecord& secret, state::Status status);

/// The locked state directory with what it records. \throws Error: "container does not exist"
struct Opened {
    state::Entry entry;
    state::Record record;
};
Opened open_container(const Roots& roots, const std::string& id, const std::string& doing);

}  // namespace rt::container
