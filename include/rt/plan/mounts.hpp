#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/plan/cgroup.hpp"
#include "rt/plan/id_mappings.hpp"
#include "rt/plan/mount_options.hpp"
#include "rt/plan/namespaces.hpp"
#include "rt/spec/mount.hpp"

namespace rt::plan {

/// Who makes a mount before it is attached, and of what.
enum class MountKind : std::uint8_t {
    filesystem,      ///< init: a new file system
    bind,            ///< a path of the host
    bind_in_rootfs,  ///< init at its turn: a path below the rootfs, so that earlier mounts are seen
    disk,            ///< the runtime: a file system on a device of the host, which the container's cgroup may not open
    device_tmpfs,    ///< the runtime: a tmpfs with the default devices, made outside of the container's user namespace
    remount          ///< nobody: what is mounted on the destination already is changed
};

/// A symbolic link made inside a new file system.
struct MountLink {
    std::string name;
    std::string target;
};

/// The mapping of an id-mapped mount (mount_setattr(2), MOUNT_ATTR_IDMAP): what belongs to a containerID on the file system
/// shows as that hostID, as the user namespace of the caller counts; what is not mapped belongs to nobody.
struct MountIdMapping {
    IdMappings uids;
    IdMappings gids;
    bool recursive = false;  ///< with all mounts below
};

/// One mount, with nothing left to decide.
struct Mount {
    std::string label;        ///< for messages: "mount 3 (proc on /proc)", counted as in /mounts
    std::string destination;  ///< absolute, as given; resolved inside the rootfs when its turn comes
    MountKind kind{};
    bool opened_by_runtime = false;  ///< with its own rights in its own mount namespace; else by init
    std::string type;                ///< of the file system
    std::string source;  ///< bind: absolute path; bind_in_rootfs: path from the rootfs; else what mountinfo shows
    std::vector<FilesystemOption> data;
    SuperblockChange superblock;  ///< MS_* flags of the file system
    bool by_mount_call = false;   ///< filesystem: made by mount(2), which takes what fsconfig(2) does not
    std::vector<MountLink> links;
    std::string
        selinux_root_label;     ///< of the root directory alone; the file system was labelled when the kernel made it
    bool copy_up = false;       ///< begins with the content of the directory it covers
    bool recursive = false;     ///< bind: with the mounts below the source
    bool copy_symlink = false;  ///< bind: a source that is a symbolic link is made again in the rootfs
    bool source_nofollow = false;               ///< bind: a source that is a symbolic link is bound itself
    bool destination_nofollow = false;          ///< a destination that is a symbolic link is covered itself
    bool keeps_source_flags = false;            ///< bind: ro, nosuid, nodev, noexec of the source may not be cleared
    MountAttributeChange attributes;            ///< of the mount
    MountAttributeChange recursive_attributes;  ///< of the mount and all below it
    std::optional<MountIdMapping> id_mapping;   ///< applied by the runtime before the mount is attached
    std::uint64_t source_propagation =
        0;                          ///< bind: MS_PRIVATE or MS_SLAVE at once; 0: stays in the source's peer group
    std::uint64_t propagation = 0;  ///< MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE; 0: as it is then
    bool propagation_recursive = false;
    bool real_directory_only = false;       ///< /proc and /sys: never on a symbolic link (CVE-2019-19921)
    std::optional<std::size_t> changes;     ///< remount: the mount before it whose file system is changed, by its index
    bool changed_later = false;             ///< there is such a remount
    bool read_only_at_end = false;          ///< once all mount points and devices in it are made
    bool mode_of_mount_point = false;       ///< tmpfs without mode=: takes the mode of the directory it covers
    bool read_only_sys_on_refusal = false;  ///< sysfs: the host's /sys, read-only, when the kernel refuses a new one
    std::string refusal_reason;             ///< what EPERM of this type means in this container
};

/// What the planning of mounts has to know besides the config.
struct MountCircumstances {
    std::string bundle;             ///< absolute
    std::string rootfs_path;        ///< absolute; plan_rootfs() fills it in
    bool rootfs_id_mapped = false;  ///< plan_rootfs() fills it in
    bool user_namespace = false;    ///< the container has one that is not the caller's
    bool trees_by_runtime = false;  ///< the caller may clone mounts (CAP_SYS_ADMIN over its mount namespace)
    bool own_pid_namespace = false;
    bool own_ipc_namespace = false;
    bool own_network_namespace = false;
    bool initial_user_namespace = false;  ///< the caller is in it: no mount of its has locked flags
    bool makes_devices = false;           ///< mknod(2) is allowed to the caller, and the nodes can be used
    UserMappings mappings;
    std::uint32_t owner_uid = 0;  ///< host ids of what is made for the container: those of init while it prepares
    std::uint32_t owner_gid = 0;
    std::optional<CgroupView> cgroup;  ///< absent: the container has no cgroup of its own
    std::string selinux_label;         ///< of new file systems; empty: as the policy has it
};

/// The mounts in listed order. One of type cgroup becomes several on cgroup v1.
/// \throws Error with the pointer: an unknown or unsupported value
std::vector<Mount> plan_mounts(const std::vector<spec::Mount>& mounts, const MountCircumstances& circumstances,
                               std::vector<std::string>& warnings);

/// The path without repeated slashes, "." and a slash at its end; ".." is kept, because what it means depends on links.
std::string tidy_path(std::string_view path);

}  // namespace rt::plan
