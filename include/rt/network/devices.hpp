#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/network/link.hpp"
#include "rt/network/netlink.hpp"
#include "rt/network/routes.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/network.hpp"

namespace rt::network {

/// A network namespace and a socket in it: together they keep it.
struct NetworkNamespace {
    os::UniqueFd fd;
    Netlink netlink;
};

/// Network devices that were moved into the container's namespace. Until they are kept they can go back, with their names,
/// addresses, routes, bridge and state: the destructor does that.
class MovedDevices {
public:
    MovedDevices() = default;
    MovedDevices(NetworkNamespace home, NetworkNamespace container);
    MovedDevices(MovedDevices&&) noexcept = default;
    MovedDevices& operator=(MovedDevices&&) = delete;
    MovedDevices(const MovedDevices&) = delete;
    MovedDevices& operator=(const MovedDevices&) = delete;
    ~MovedDevices();

    /// Moves the devices: each arrives with its permanent global addresses, its MTU and its hardware address, and is set up. All
    /// are looked for, and the names they will have, before the first one moves (config-linux.md "Network Devices").
    /// \throws Error naming the device
    void move(const std::vector<plan::NetDevice>& devices);
    /// The container is made: the devices are its own, for good.
    void keep() noexcept { moved_.clear(); }

private:
    struct Moved {
        std::string host_name;
        std::string name_on_the_way;
        Link at_home;
        std::vector<Address> addresses;
        std::vector<Route> routes;  ///< at home: they do not go along
        std::optional<Link> in_container;
    };

    Link require_movable(const plan::NetDevice& device);
    void move(const plan::NetDevice& device, const Link& link);
    void take_back(Moved& moved);

    // Both absent when there is nothing to move.
    std::optional<NetworkNamespace> home_;
    std::optional<NetworkNamespace> container_;
    std::vector<Moved> moved_;
};

}  // namespace rt::network
