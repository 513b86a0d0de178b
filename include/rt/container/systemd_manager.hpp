#pragma once

#include <sys/types.h>

#include "rt/host/facts.hpp"
#include "rt/plan/cgroup.hpp"
#include "rt/state/record.hpp"

namespace rt::container {

/// Whose manager of systemd makes the unit for a container of this caller: the system's for root; for anybody else, and for
/// root of a user namespace, that of the user as the namespace above knows him. Empty: the system's.
std::optional<uid_t> manager_user(const host::Facts& facts);

/// The unit as a record names it; empty when the container has none.
std::optional<state::RecordedUnit> recorded_unit(const plan::Cgroup& cgroup, const std::optional<uid_t>& user);

/// Stops the unit of a container whose processes have ended. A manager that cannot be reached is a warning: it sees by itself
/// that the unit is empty.
void stop_unit(const state::Record& record);

}  // namespace rt::container
