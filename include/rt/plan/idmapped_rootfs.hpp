#pragma once

#include <optional>
#include <string_view>

#include "rt/plan/rootfs.hpp"

namespace rt::plan {

/// The annotation that asks for an id-mapped rootfs, in the words of the mount option: "idmap" (or "true") for the rootfs
/// itself, "ridmap" with the mounts below it, "false" for none.
inline constexpr std::string_view rootfs_idmap_annotation = "org.rt.root.idmap";

/// The mapping of the rootfs, which is always that of the container: what the disk has as its ids, the container sees as its.
/// Empty when nobody asks for one.
/// \throws Error that names the annotation or the option: another word, no user namespace, no mount namespace, a caller
/// without the right
std::optional<MountIdMapping> plan_rootfs_id_mapping(const spec::Spec& spec, const RootfsCircumstances& circumstances);

}  // namespace rt::plan
