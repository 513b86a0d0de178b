#pragma once

#include "rt/os/fd.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/id_mappings.hpp"

namespace rt::idmap {

/// A user namespace with these mappings, below that of the caller, in which nobody lives: its descriptor is all there is.
/// \throws Error that names the limit or the capability behind the kernel's refusal
os::UniqueFd make_user_namespace(const os::Procfs& procfs, const plan::IdMappings& uids, const plan::IdMappings& gids);

}  // namespace rt::idmap
