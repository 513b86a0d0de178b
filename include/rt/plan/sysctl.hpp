#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/namespaces.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

/// A kernel parameter to set.
struct Sysctl {
    std::string name;                             ///< as in config.json: "net.ipv4.ip_forward"
    std::string path;                             ///< below /proc/sys: "net/ipv4/ip_forward"
    std::string value;                            ///< as given
    NamespaceType type = NamespaceType::network;  ///< of the namespace that holds it
};

/// The path below /proc/sys that a name means, as sysctl.d(5) has it: the separator that comes first, '.' or '/', separates, and
/// after a '.' the other one stands for a dot in a name ("net.ipv4.conf.eth0/1.forwarding"). Not checked.
std::string sysctl_path(std::string_view name);

/// The parameters to write, in the order of their names; those of the uts namespace are in UtsNames.
/// \throws Error with the pointer: a parameter that belongs to no namespace of the container, a name that leaves /proc/sys, two
/// names for one parameter, a range of groups that the user namespace does not have
std::vector<Sysctl> plan_sysctl(const spec::Linux& linux_section, const Namespaces& namespaces,
                                const UserMappings& mappings);

}  // namespace rt::plan
