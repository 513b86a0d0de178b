#pragma once

namespace rt::plan {

/// crun's name for what choose_groups() reads.
inline constexpr const char* groups_annotation = "run.oci.keep_original_groups";

}  // namespace rt::plan
