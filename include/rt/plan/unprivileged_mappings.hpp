#pragma once

#include <string>
#include <vector>

#include "rt/host/facts.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::plan {

/// Whether the caller holds CAP_SETUID and CAP_SETGID, so that any id which exists here can be mapped.
bool may_map_any_id(const host::Facts& facts) noexcept;

/// Decides by whom the maps of a new user namespace are written when the caller has no privileges: by rt where it is the own id
/// only, otherwise by newuidmap(1) and newgidmap(1).
/// \throws Error that names the ids that are not the caller's, those that are, with file and line, or the helper that is missing
void choose_unprivileged_writers(const host::Facts& facts, UserMappings& mappings);

}  // namespace rt::plan
