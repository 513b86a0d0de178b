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

/// The r-forms say nothing more about a file system that is new: there is nothing below it.
void merge_recursive(Mount& mount);

bool has_option(const std::vector<FilesystemOption>& data, std::string_view key);

/// An entry with the option bind or rbind. \throws Error with the pointer
Mount plan_bind(const MountEntry& entry, std::vector<std::string>& warnings);

/// An entry with a new file system. \throws Error with the pointer
Mount plan_filesystem(const MountEntry& entry, std::vector<std::string>& warnings);

/// Whether it is the tmpfs for /dev of a container in a user namespace, which the runtime has to make.
bool wants_device_tmpfs(const MountEntry& entry);
/// The plan of that one. \throws Error with the pointer
Mount plan_device_tmpfs(const MountEntry& entry, std::vector<std::string>& warnings);

}  // namespace rt::plan
