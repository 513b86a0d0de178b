#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/host/facts.hpp"
#include "rt/os/mountinfo.hpp"
#include "rt/os/procfs.hpp"

namespace rt::host {

/// One cgroup on the way from the root of a hierarchy down to that of this process.
struct CgroupLevel {
    std::string path;  ///< from the root of the hierarchy; empty: the root itself
    uid_t owner = 0;
    std::vector<std::string> controllers;  ///< v2: those it has (cgroup.controllers)
    bool writable = false;                 ///< this process may make directories in it

    bool operator==(const CgroupLevel&) const = default;
};

/// A mounted tree of cgroups (cgroups(7)).
struct CgroupHierarchy {
    std::string mount_point;  ///< absolute
    std::vector<std::string>
        controllers;   ///< v1: those bound to it, in the kernel's order; v2: those its root has; empty for named ones
    std::string name;  ///< v1: of a named hierarchy ("systemd"); empty otherwise
    bool unified = false;    ///< it is the v2 hierarchy
    bool writable = true;    ///< this process may make directories in its root
    bool read_only = false;  ///< it may not because of the mount
    /// From the root down to the cgroup of this process; looked at only where the root is not writable. v1: the root alone,
    /// because parts of v1 hierarchies cannot be given to users (cgroups(7), "Delegation").
    std::vector<CgroupLevel> way;

    bool has_controller(std::string_view controller) const noexcept;
    bool operator==(const CgroupHierarchy&) const = default;
};

enum class CgroupMode : std::uint8_t {
    none,    ///< nothing is mounted
    v1,      ///< v1 hierarchies only
    hybrid,  ///< controllers on v1, next to a v2 hierarchy
    unified  ///< v2 only
};

/// Which cgroup hierarchies this process can use. A value: taken once, passed in.
struct CgroupLayout {
    std::vector<CgroupHierarchy> hierarchies;  ///< v1 ones as mounted, the v2 one last
    /// This process may set device rules: CAP_SYS_ADMIN in the initial user namespace (on v1 the kernel asks for it when
    /// devices.allow is written, on v2 when a program is loaded).
    bool may_set_device_rules = false;

    CgroupMode mode() const noexcept;
    /// The v1 hierarchy with that controller; null when there is none.
    const CgroupHierarchy* with_controller(std::string_view controller) const noexcept;
    /// The v2 hierarchy; null when there is none.
    const CgroupHierarchy* unified() const noexcept;
    /// The hierarchy that the absolute directory is in, below its root; null when it is in none of them.
    const CgroupHierarchy* hierarchy_of(std::string_view directory) const noexcept;
};

/// Takes the layout of this machine. On v2 it costs a statfs(2), and where the root is not writable a look at each level of the
/// way; /proc/self/mountinfo is read only elsewhere.
/// \throws Error: /proc cannot be read
CgroupLayout cgroup_layout(const os::Procfs& procfs, const Facts& facts);
/// The same for a caller that needs the facts for nothing else.
CgroupLayout cgroup_layout();

/// The cgroups from the root of a hierarchy down to the one of a process, which lies in `directory`: paths only. Pure.
std::vector<CgroupLevel> way_to(const CgroupHierarchy& hierarchy, const std::optional<std::string>& directory);

/// The absolute directory of a process in that hierarchy, by the text of its /proc/PID/cgroup (cgroups(7)); empty when it is
/// out of sight: outside of the own cgroup namespace. Pure.
std::optional<std::string> directory_of_process(const CgroupHierarchy& hierarchy, std::string_view proc_text);

/// The visible hierarchies among the mounts, each once: the one below /sys/fs/cgroup when it is mounted several times.
/// Pure; `writable` is left as it is.
std::vector<CgroupHierarchy> cgroup_hierarchies(const std::vector<os::MountInfo>& mounts);

}  // namespace rt::host
