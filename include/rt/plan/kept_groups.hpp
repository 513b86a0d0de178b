#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace rt::plan {

/// The supplementary groups of a process.
enum class Groups : std::uint8_t {
    as_configured,       ///< /process/user/additionalGids, and no others
    kept_by_annotation,  ///< those of the caller: the list of the config is passed over
    kept_by_option       ///< those of the caller: a list in the config is an error
};

/// `option`: --keep-groups. The annotation is run.oci.keep_original_groups, as crun has it. \throws Error: its value is neither
/// 1 (true) nor 0 (false)
Groups choose_groups(const std::map<std::string, std::string>& annotations, bool option);

}  // namespace rt::plan
