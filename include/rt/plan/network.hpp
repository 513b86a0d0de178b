#pragma once

#include <string>
#include <vector>

#include "rt/host/facts.hpp"
#include "rt/plan/namespaces.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

/// A network device of the caller's network namespace that moves into the container's.
struct NetDevice {
    std::string where;      ///< its place in config.json, for messages
    std::string host_name;  ///< as it is called now
    std::string name;       ///< as it will be called; "%d" in it: the kernel chooses a number (is_template)

    bool is_template() const noexcept { return name.find('%') != std::string::npos; }
};

/// What is done in the container's network namespace.
struct Network {
    bool loopback_up = false;        ///< a new one begins with its loopback device down (network_namespaces(7))
    std::vector<NetDevice> devices;  ///< sorted by host_name
};

/// \throws Error with the pointer: a name that no device can have, two devices for one name, no network namespace of its
/// own, a caller that may not move devices
Network plan_network(const spec::Linux& linux_section, const Namespaces& namespaces, const host::Facts& facts,
                     std::vector<std::string>& warnings);

}  // namespace rt::plan
