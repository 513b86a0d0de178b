#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/plan/device_list.hpp"
#include "rt/plan/resources.hpp"
#include "rt/plan/unit_property.hpp"

namespace rt::plan {

/// What the plan knows of a manager of systemd.
struct SystemdManager {
    bool of_user = false;  ///< of a user; otherwise of the system
    std::string
        control_group;  ///< its own, from the root of each hierarchy: "/user.slice/user-1000.slice/user@1000.service"
    unsigned version = 0;  ///< 252

    bool operator==(const SystemdManager&) const = default;
};

/// The unit that systemd makes for one container (systemd.scope(5)).
struct Scope {
    bool of_user = false;  ///< whose manager
    std::string unit;      ///< "rt-web1.scope"
    std::string slice;     ///< "system.slice"
    std::string path;      ///< of its cgroup, from the root of each hierarchy
    std::vector<UnitProperty> properties;
};

/// Whether a cgroupsPath is of the form slice:prefix:name. A path has a '/'.
bool is_systemd_form(const std::string& cgroups_path);

/// Which unit in which slice `cgroups_path` names: slice:prefix:name is prefix-name.scope in slice, without a prefix name.scope.
/// Empty: system.slice:rt:ID (for the manager of a user: user.slice:rt:ID). No properties yet. Pure. \throws Error with the
/// pointer: another form, or names that systemd does not take
Scope plan_scope_names(const std::string& cgroups_path, const std::string& id, const SystemdManager& manager);

/// Where the cgroup of a slice is: "a-b.slice" lies in "a.slice" (systemd.slice(5)): "/a.slice/a-b.slice". The root slice
/// "-.slice" is "". Pure. \throws Error: no name of a slice
std::string slice_path(const std::string& slice);

/// The properties that every container's scope has, then those of its limits, then those that the annotations ask for
/// (org.systemd.property.NAME): of two of one name the later one stays. `devices` is for v1. What systemd has no words for is
/// added to `warnings`. Pure. \throws Error: an annotation that is not understood
std::vector<UnitProperty> plan_scope_properties(const Scope& scope, const std::string& id,
                                                const CgroupResources& resources,
                                                const std::optional<DeviceList>& devices,
                                                const std::map<std::string, std::string>& annotations,
                                                const SystemdManager& manager, std::vector<std::string>& warnings);

/// The properties that stand for limits, so that systemd does not put its own values back when it reloads: those which it has,
/// the files of the cgroup get the others only. Pure.
std::vector<UnitProperty> limit_properties(const CgroupResources& resources, unsigned version);

/// The properties that stand for device rules of v1, in place of those that the unit has. What systemd has no words for is added
/// to `warnings`. Pure.
std::vector<UnitProperty> device_properties(const DeviceList& list, std::vector<std::string>& warnings);

/// What config.json says of a unit's properties in its annotations: "org.systemd.property.TimeoutStopUSec": "uint64 5000000".
/// Values are written as GVariant text: true, 'text', 5, uint64 5, 0.5, ['a', 'b']. A name that ends with Sec is in seconds,
/// systemd's own is the one with USec. Pure. \throws Error with the pointer
std::vector<UnitProperty> annotated_properties(const std::map<std::string, std::string>& annotations);

/// The beginning of the annotations that are about properties.
inline constexpr std::string_view property_annotation = "org.systemd.property.";

}  // namespace rt::plan
