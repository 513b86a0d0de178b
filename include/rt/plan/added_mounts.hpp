#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rt/plan/exec.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::plan {

/// Mounts for a container that runs already.
struct AddedMounts {
    Rootfs rootfs;                 ///< the container's, with these mounts alone
    std::uint64_t namespaces = 0;  ///< CLONE_NEW*: those of the container in which they are made
    std::uint32_t setup_uid = 0;   ///< what rt is there while it makes them
    std::uint32_t setup_gid = 0;
    std::vector<std::string> warnings;
};

/// Makes the plan from the config.json that the container was made of. Pure.
/// \throws Error with the place, counted as in an array /mounts: a mount that only create can make, or one that is wrong
AddedMounts plan_added_mounts(spec::Spec spec, std::vector<spec::Mount> mounts, const ExecTarget& target,
                              const host::Facts& facts);

/// The absolute paths at which mounts are taken away, in their order. \throws Error with the place: the root directory
std::vector<std::string> plan_removed_mounts(const std::vector<spec::Mount>& mounts);

}  // namespace rt::plan
