#pragma once

#include "rt/host/facts.hpp"
#include "rt/plan/mounts.hpp"

namespace rt::plan {

/// What holds for mounts of a container with these namespaces and mappings; `setup_uid` and `setup_gid` are its ids of who
/// makes them. The bundle, the cgroup and the label are filled in by the caller.
MountCircumstances mount_circumstances(const Namespaces& namespaces, const UserMappings& mappings,
                                       std::uint32_t setup_uid, std::uint32_t setup_gid, const host::Facts& facts);

}  // namespace rt::plan
