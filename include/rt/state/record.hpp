#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/container_state.hpp"
#include "rt/plan/hooks.hpp"

namespace rt::state {

using plan::Status;

/// Where the rootfs is attached in a mount namespace that the container joined, and that may live on without it.
struct Attachment {
    std::string namespace_path;         ///< as in config.json
    std::uint64_t mount_namespace = 0;  ///< its inode
    std::uint64_t mount = 0;            ///< the kernel's number of the mount
    std::uint64_t device = 0;           ///< of the directory that is mounted
    std::uint64_t inode = 0;

    bool operator==(const Attachment&) const = default;
};

/// The unit of systemd that holds a container.
struct RecordedUnit {
    std::string name;           ///< "rt-web1.scope"
    std::optional<uid_t> user;  ///< whose manager has it; empty: the system's
};

/// What state.json (mode 0644) holds: no secret, and all that a later command needs to show or end the container.
struct Record {
    std::string oci_version;
    std::string id;
    std::string bundle;   ///< absolute path
    std::string rootfs;   ///< absolute path
    std::string created;  ///< RFC 3339 with nanoseconds, UTC
    uid_t owner = 0;      ///< who created it: a uid of the user namespace that rt ran in
    std::string boot_id;  ///< of /proc/sys/kernel/random/boot_id: a pid of an earlier boot means nothing
    Status status = Status::creating;
    pid_t pid = 0;                             ///< of init, 0 before it exists
    std::uint64_t start_time = 0;              ///< of init, in clock ticks since boot: field 22 of /proc/PID/stat
    std::uint64_t pid_namespace = 0;           ///< inode of the pid namespace of init when it is its own; 0: shared
    std::vector<std::string> cgroups;          ///< absolute directories that init is placed in
    std::vector<std::string> made_cgroups;     ///< those of them (and of their parents) that create made
    std::optional<RecordedUnit> unit;          ///< when systemd made the cgroup
    std::vector<std::string> made_rdt_groups;  ///< directories of resctrl that go with the container, parents first
    std::optional<Attachment> attachment;      ///< of the rootfs in a joined mount namespace
};

/// What private.json (mode 0600) holds.
struct PrivateRecord {
    std::map<std::string, std::string> annotations;
    plan::Hooks hooks;            ///< of the kinds that run after create: the others are not kept
    std::string session_keyring;  ///< name of the one that the process has; empty: it has none of its own
};

/// The texts of the files. Reading checks every type and length. \throws Error: damaged or hostile file
std::string to_json(const Record& record);
std::string to_json(const PrivateRecord& record);
Record read_record(std::string_view text, const std::string& name);
PrivateRecord read_private_record(std::string_view text, const std::string& name);

}  // namespace rt::state
