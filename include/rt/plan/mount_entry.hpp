#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rt/base/json_pointer.hpp"
#include "rt/plan/mounts.hpp"

namespace rt::plan {

/// One entry of /mounts on its way to the plan.
struct MountEntry {
    const spec::Mount& mount;
    JsonPointer where;
    std::string label;
    std::string destination;
    ParsedMountOptions options;
    const MountCircumstances& circumstances;

    bool is_bind() const { return options.bind || mount.type == "bind"; }
    bool is_cgroup() const { return mount.type == "cgroup" || mount.type == "cgroup2"; }
};

/// What the plan of every kind has in common: names, attributes, propagation.
Mount mount_of(const MountEntry& entry, MountKind kind);

/// The r-forms say nothing more about a file system that is new: there is nothing below it. As on a bind mount, what is said
/// of the one mount counts more.
void merge_recursive(Mount& mount);

bool has_option(const std::vector<FilesystemOption>& data, std::string_view key);

/// An entry with the option bind or rbind. \throws Error with the pointer
Mount plan_bind(const MountEntry& entry, std::vector<std::string>& warnings);

/// An entry with a new file system. \throws Error with the pointer
Mount plan_filesystem(const MountEntry& entry, std::vector<std::string>& warnings);

/// An entry with the option remount; `mounts` are those planned before it.
/// \throws Error with the pointer
Mount plan_remount(const MountEntry& entry, std::vector<Mount>& mounts, std::vector<std::string>& warnings);

/// Whether ro and rw of a file system of this type are a matter of its own, like those of a disk: what the kernel shows
/// (proc, sysfs ...) may be mounted elsewhere too, and a tmpfs becomes read-only at the end.
bool is_read_only_itself(std::string_view type);

/// The options for a file system of that type, ids checked against the mappings. \throws Error with the pointer
std::vector<FilesystemOption> checked_data(const MountEntry& entry, std::string_view type,
                                           std::vector<std::string>& warnings);

/// Says that the options for the file system itself are ignored, and why.
void warn_of_filesystem_options(const MountEntry& entry, std::string_view reason, std::vector<std::string>& warnings);

/// Whether it is the tmpfs for /dev of a container in a user namespace, which the runtime has to make.
bool wants_device_tmpfs(const MountEntry& entry);
/// The plan of that one. \throws Error with the pointer
Mount plan_device_tmpfs(const MountEntry& entry, std::vector<std::string>& warnings);

}  // namespace rt::plan
