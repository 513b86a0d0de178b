#pragma once

#include <string>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::idmap {

/// Maps the ids of detached mounts. A user namespace for each mapping is made when it is first asked for, and kept for the
/// next mount with the same one.
class MountMapper {
public:
    explicit MountMapper(const os::Procfs& procfs) : procfs_(procfs) {}

    /// Gives the detached tree the mapping of the plan, when it has one.
    /// \throws Error that names the mount that refuses, its file system and why
    void map(int tree, const plan::Mount& mount);
    void map(int tree, const plan::Rootfs& rootfs);

private:
    struct Made {
        std::string mapping;
        os::UniqueFd user_namespace;
    };

    int user_namespace_for(const plan::MountIdMapping& mapping);

    const os::Procfs& procfs_;
    std::vector<Made> made_;
};

}  // namespace rt::idmap
