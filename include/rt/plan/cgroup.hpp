#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/base/named.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/plan/device_list.hpp"
#include "rt/plan/device_rules.hpp"
#include "rt/plan/namespaces.hpp"
#include "rt/plan/resources.hpp"
#include "rt/plan/scope.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// Who makes the container's cgroup.
enum class CgroupDriver : std::uint8_t {
    cgroupfs,  ///< rt
    systemd,   ///< systemd, on request
    disabled   ///< nobody: the container stays in that of the caller
};

/// How they are called on the command line.
inline constexpr std::array<Named<CgroupDriver>, 3> cgroup_drivers{
    {{"cgroupfs", CgroupDriver::cgroupfs}, {"systemd", CgroupDriver::systemd}, {"disabled", CgroupDriver::disabled}}};

/// What the caller asked for.
struct CgroupRequest {
    CgroupDriver driver = CgroupDriver::cgroupfs;
    SystemdManager manager;                          ///< for the systemd driver
    std::map<std::string, std::string> annotations;  ///< of the config, for the same
};

/// The container's cgroup in one hierarchy.
struct CgroupDirectory {
    host::CgroupHierarchy hierarchy;
    std::string directory;  ///< absolute: the hierarchy's mount point and Cgroup::path
    /// From the mount point: what is above that, and itself, is there and stays as it is; may be empty.
    std::string top;
    bool by_systemd = false;  ///< systemd makes what is above it, and itself when it has the controllers

    /// How the hierarchy is called in its parent directory: "cpu,cpuacct", "systemd", "unified".
    std::string name() const;
};

/// What is done with cgroups for one container.
struct Cgroup {
    std::string path;  ///< from the root of each hierarchy: "/web1"
    host::CgroupMode mode{};
    std::vector<CgroupDirectory>
        directories;                        ///< as CgroupLayout has them; empty: the container has no cgroup of its own
    std::optional<Scope> scope;             ///< the unit that has it made; then it exists only after init was born
    std::string remark;                     ///< for the log: what is not done, and why; may be empty
    std::vector<std::string> warnings;      ///< for the user
    std::optional<DeviceList> device_list;  ///< v1: written to the hierarchy with the devices controller
    std::optional<std::vector<DeviceRule>> device_program;  ///< v2: for the program attached to the v2 directory
    CgroupResources resources;
    /// v2: the host's uid that gets the directory, so that the container can divide its cgroup; config-linux.md "Cgroup
    /// ownership" says when.
    std::optional<std::uint32_t> owner;
};

/// What a mount of type cgroup in the container shows: its own directories, whether it has a cgroup namespace or not.
struct CgroupView {
    struct Hierarchy {
        std::string name;       ///< of the directory to bind to
        std::string directory;  ///< absolute: what is bound
    };
    struct Link {
        std::string name;    ///< "cpu"
        std::string target;  ///< "cpu,cpuacct"
    };

    std::string unified;                 ///< v2 only: the directory, shown as the mount itself; empty otherwise
    std::vector<Hierarchy> hierarchies;  ///< v1, hybrid: directories in a tmpfs
    std::vector<Link> links;             ///< symbolic links for the controllers of a joint hierarchy
};

/// The directory that a setting goes to; null: there is none.
const CgroupDirectory* directory_for(const CgroupSetting& setting, const std::vector<CgroupDirectory>& directories);

/// Where the container's cgroups will be and which device rules they get. `id` gives the path when the config has none.
/// Where the root of v2 is not writable, they are made below the topmost cgroup on the way to that of the caller that is
/// (delegated_cgroup()). Where the caller may not make cgroups the plan has no directories; that is refused when limits are
/// asked for, and when the container could use it to reach the host's devices: made by root, without a user namespace of its
/// own. With the driver `disabled` there are no directories either: limits are refused then, device rules are not set. Pure.
/// \throws Error with the pointer
Cgroup plan_cgroup(const spec::Linux& linux, const std::string& id, const host::CgroupLayout& machine,
                   const CgroupRequest& request = {});

/// The host's uid that the container's cgroup is handed over to: that of the process, when the container has a new cgroup
/// namespace and mounts its cgroups writable, on a machine with v2 only (config-linux.md "Cgroup ownership"). Pure.
std::optional<std::uint32_t> plan_cgroup_owner(const spec::Spec& spec, const Namespaces& namespaces,
                                               const UserMappings& mappings, host::CgroupMode mode);

/// What the container may see of the cgroup tree; empty when it has no cgroup of its own.
std::optional<CgroupView> view_of(const Cgroup& cgroup);

}  // namespace rt::plan
