#pragma once

#include <string>
#include <string_view>

#include "rt/host/cgroup_layout.hpp"

namespace rt::plan {

/// The topmost cgroup on the way to that of the caller that the caller may make others in: what systemd has delegated to a user,
/// for one. Only where v2 is alone; null: there is none, or the root itself is writable. Pure.
const host::CgroupLevel* delegated_cgroup(const host::CgroupLayout& layout) noexcept;

/// The layout with the controllers of the v2 hierarchy that are available there. Pure.
host::CgroupLayout with_delegated_controllers(host::CgroupLayout layout);

/// Where a container without cgroupsPath gets its cgroup, from the root of each hierarchy: "/ID". Where a part of v2 is delegated,
/// beside that of the caller, which holds processes (cgroups(7), "no internal processes"), and one level further down: what is
/// there belongs to systemd, which takes a controller away again that none of its units needs, but not while the next level
/// passes it on. Pure.
std::string customary_place(const host::CgroupLayout& layout, const std::string& id);

/// Why a container gets no cgroup, and what to do.
struct NoCgroup {
    std::string reason;
    std::string hint;
};

/// Why none can be made at `path` in the hierarchy with that controller; without a controller: in any. Pure.
NoCgroup why_no_cgroup(const host::CgroupLayout& layout, std::string_view path, std::string_view controller = {});

/// Which cgroup on the way keeps a controller of v2 from those beneath it, though the machine has it: both are empty when none
/// does. Pure.
NoCgroup why_not_delegated(const host::CgroupLayout& layout, std::string_view controller);

}  // namespace rt::plan
