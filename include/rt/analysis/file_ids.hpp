#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "rt/analysis/process_ids.hpp"
#include "rt/plan/mounts.hpp"

namespace rt::analysis {

/// How the ids on a disk are seen by a container: through the mapping of a mount, when it has one, then through its own.
struct TreeIds {
    ProcessMappings container;
    std::optional<plan::MountIdMapping> mount;

    /// The host's id that an id of the disk has behind the mount; empty: none.
    std::optional<std::uint32_t> host_uid(std::uint32_t disk_uid) const noexcept;
    bool maps_uid(std::uint32_t disk_uid) const noexcept;
    bool maps_gid(std::uint32_t disk_gid) const noexcept;
};

/// What is asked of a file.
struct FileOwner {
    std::uint32_t mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::optional<std::uint32_t> capability_root;  ///< it has file capabilities, for namespaces whose root is this uid
};

struct FileVerdict {
    bool uid_unmapped = false;
    bool gid_unmapped = false;
    bool set_id_lost = false;  ///< its set-uid or set-gid bit has no effect: execve(2) asks for both ids
    bool capability_lost =
        false;  ///< its capabilities have no effect (capabilities(7), "Namespaced file capabilities")

    bool unmapped() const noexcept { return uid_unmapped || gid_unmapped; }
    bool nothing() const noexcept { return !unmapped() && !set_id_lost && !capability_lost; }
};

FileVerdict judge(const FileOwner& file, const TreeIds& ids);

/// The uid for which the capabilities in a security.capability attribute count: 0 in versions 1 and 2.
/// Empty: it is not of that form.
std::optional<std::uint32_t> capability_root(std::string_view attribute);

}  // namespace rt::analysis
