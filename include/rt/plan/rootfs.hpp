#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/devices.hpp"
#include "rt/plan/mounts.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// A process of the container that uses its files, by its ids of the host.
struct FileUser {
    std::string who;  ///< for messages: "root of the container"
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
    /// Holds CAP_DAC_OVERRIDE: modes do not count, in a user namespace for files whose ids are both mapped there
    /// (user_namespaces(7)).
    bool overrides_modes = false;
    bool reads_everything = false;  ///< holds CAP_DAC_READ_SEARCH: the same for what is read, and directories searched
};

/// How the container's root becomes the root directory.
enum class EnterMethod : std::uint8_t {
    pivot,       ///< pivot_root(2) in a mount namespace of its own
    cover,       ///< the same without pivot_root(2): mounted on the old root, entered by chroot(2) (--no-pivot)
    chroot,      ///< in a mount namespace joined by path, where pivot_root would move the root of everybody
    chroot_only  ///< without a mount namespace: nothing is mounted at all
};

/// Everything about the container's view of files.
struct Rootfs {
    std::string path;                          ///< absolute
    std::optional<MountIdMapping> id_mapping;  ///< applied by the runtime before the rootfs is attached
    EnterMethod enter{};
    /// Whether the runtime opens the rootfs, with its own rights in its own mount namespace. Otherwise init does: an ordinary
    /// user may not clone mounts there, and in a joined mount namespace it is the rootfs as seen in that one.
    bool by_runtime = false;
    /// The directory on which init attaches the rootfs until it is entered: "/"; its own path where others look for it there
    /// (hooks, which mount on it what the container shall see); "." when that path may be closed to the container's root: init
    /// is in the directory then, since before it made its mount namespace.
    std::string place = "/";
    bool readonly = false;
    std::uint64_t initial_propagation = 0;  ///< MS_PRIVATE or MS_SLAVE: of the rootfs while it is prepared
    std::uint64_t final_propagation = 0;    ///< MS_SHARED or MS_UNBINDABLE after pivot_root(2); 0: unchanged
    bool final_propagation_recursive = false;
    std::vector<Mount> mounts;
    std::vector<Device> devices;  ///< made after the mounts, in this order
    bool device_links = false;    ///< /dev/fd and friends
    std::vector<std::string> masked_paths;
    std::string
        mask_label;  ///< SELinux context of the empty directory that masks directories; empty: as the policy has it
    std::vector<std::string> readonly_paths;
    std::uint32_t owner_uid = 0;  ///< host ids that init has while it prepares the rootfs
    std::uint32_t owner_gid = 0;
    UserMappings mappings;
    std::vector<FileUser> users;  ///< who must be able to search the rootfs directory
};

/// Whether the config has a mount namespace of its own, new or joined.
enum class MountNamespace : std::uint8_t { none, created, joined };

struct RootfsCircumstances {
    MountCircumstances mounts;  ///< rootfs_path is filled in by plan_rootfs
    MountNamespace mount_namespace{};
    bool hooks_before_entering = false;  ///< programs run while the rootfs is made and not entered yet
    bool no_pivot = false;               ///< asked for by the user
    bool idmap_rootfs = false;           ///< asked for by the user
};

/// \throws Error with the pointer
Rootfs plan_rootfs(const spec::Spec& spec, RootfsCircumstances circumstances, std::vector<std::string>& warnings);

}  // namespace rt::plan
