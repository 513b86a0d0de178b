#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/spec/linux.hpp"

namespace rt::plan {

/// How the container comes to its class of service (resctrl: a CTRL_MON group).
enum class RdtClass : std::uint8_t {
    own,      ///< made for it under its id, and removed with it
    shared,   ///< made when it is missing, else it must have these schemata; stays in any case
    existing  ///< must be there already; stays
};

/// What is done with resctrl for one container (config-linux.md "IntelRdt", Documentation/filesystems/resctrl.rst).
struct Rdt {
    std::string root;  ///< absolute: where resctrl is mounted
    std::string name;  ///< directory of the class below the root; empty: the root itself, the default class
    RdtClass kind = RdtClass::own;
    std::vector<std::string> schemata;  ///< lines for its file, in the order of writing
    std::string monitoring_group;       ///< name in its directory mon_groups; empty: none

    /// The directory of the class.
    std::string class_directory() const { return name.empty() ? root : root + "/" + name; }
    /// The directory of the monitoring group; only when there is one.
    std::string monitoring_directory() const { return class_directory() + "/mon_groups/" + monitoring_group; }
};

/// The plan for /linux/intelRdt; empty when it is not set. `root` is where resctrl is mounted, empty when it is not. Pure.
/// \throws Error with the pointer
std::optional<Rdt> plan_rdt(const spec::Linux& linux, const std::string& id, const std::optional<std::string>& root);

}  // namespace rt::plan
