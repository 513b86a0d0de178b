#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rt/base/json_pointer.hpp"

namespace rt::plan {

/// What an option of /mounts/N/options acts on.
enum class MountOptionKind : std::uint8_t {
    attribute,        ///< of the mount: MOUNT_ATTR_* of mount_setattr(2); the r-form acts on all mounts below as well
    superblock,       ///< of a file system: MS_* of mount(2); a bind mount cannot change them
    propagation,      ///< MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE in `set`
    bind,             ///< makes it a bind mount; the r-form takes the mounts below the source too
    id_mapping,       ///< the ids on it are mapped; the r-form maps those on the mounts below as well
    remount,          ///< changes what is mounted on the destination already
    copy_up,          ///< a new tmpfs begins with what it covers
    copy_symlink,     ///< a bind source that is a symbolic link is made again instead of bound
    source_nofollow,  ///< a bind source that is a symbolic link is bound itself
    destination_nofollow,  ///< a destination that is a symbolic link is covered itself
    no_effect,             ///< names what is the default, or concerns other programs than the kernel (mount(8))
    unsupported            ///< known, but this version cannot do it
};

/// One row per option of config.md "Linux mount options" and its recursive form; also the words of mount(8) that are none of
/// the kernel's, and those of crun(1).
struct MountOption {
    std::string_view name;
    std::string_view recursive_name;  ///< empty: it has none
    MountOptionKind kind{};
    std::uint64_t set = 0;    ///< what it sets
    std::uint64_t drops = 0;  ///< what earlier options set and this one takes back
    std::uint64_t clear =
        0;  ///< what the kernel has to clear on a mount that has it (the access times go as one field)
};

/// The table, for the planner, `features` and the tests.
std::span<const MountOption> mount_options() noexcept;

/// An option as it was found in the table: plain or recursive.
struct FoundMountOption {
    const MountOption* option = nullptr;
    bool recursive = false;
};

/// Empty for a word that is not in the table: it belongs to the file system.
std::optional<FoundMountOption> find_mount_option(std::string_view name) noexcept;

/// `key=value` for the file system, or the flag `key`.
struct FilesystemOption {
    std::string key;
    std::optional<std::string> value;
};

/// MOUNT_ATTR_* to set and to clear.
struct MountAttributeChange {
    std::uint64_t set = 0;
    std::uint64_t clear = 0;

    bool empty() const noexcept { return set == 0 && clear == 0; }
};

/// MS_* of mount(2) to set on a file system and to clear.
using SuperblockChange = MountAttributeChange;

/// MS_* flags for which fsconfig(2) has no word: only mount(2) takes them.
constexpr std::uint64_t flags_of_mount_call_only = (1U << 15) /* MS_SILENT */ | (1U << 23) /* MS_I_VERSION */;

/// The flags of `change` as fsconfig(2) takes them: "sync", "nolazytime", "ro" ...; without flags_of_mount_call_only.
std::vector<std::string> superblock_words(const SuperblockChange& change);

/// The options of one mount, taken apart; later ones win over earlier ones.
struct ParsedMountOptions {
    bool bind = false;
    bool recursive_bind = false;
    bool id_mapped = false;
    bool id_mapped_recursively = false;
    bool remount = false;
    bool copy_up = false;
    bool copy_symlink = false;
    bool source_nofollow = false;
    bool destination_nofollow = false;
    SuperblockChange superblock;
    MountAttributeChange attributes;
    MountAttributeChange recursive_attributes;
    std::uint64_t propagation = 0;
    bool propagation_recursive = false;
    std::vector<FilesystemOption> data;
    std::vector<std::size_t> data_places;  ///< where in the list each of `data` stands
};

/// `where` is the place of the list in config.json. \throws Error with the pointer of an unsupported option
ParsedMountOptions parse_mount_options(const std::vector<std::string>& options, const JsonPointer& where);

}  // namespace rt::plan
