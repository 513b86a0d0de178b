#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/network/netlink.hpp"

namespace rt::network {

/// A network device, as the namespace of the asked socket knows it.
struct Link {
    std::uint32_t index = 0;
    bool up = false;
    std::uint32_t master = 0;  ///< index of the bridge or bond that it is a port of; 0: of none
};

/// An address as the kernel takes it, without the device: RTM_NEWADDR.
struct Address {
    std::string header;  ///< an ifaddrmsg
    std::vector<NetlinkAttribute> attributes;
};

/// The device of that name; empty when there is none. \throws Error
std::optional<Link> try_find_link(Netlink& netlink, const std::string& name);

/// The addresses that were set to stay and are good everywhere (IFA_F_PERMANENT, RT_SCOPE_UNIVERSE), of any family, in the
/// order in which they have to be added to stand as they do now. \throws Error
std::vector<Address> permanent_addresses(Netlink& netlink, const Link& link);

/// Gives the device an address. A label that begins with the device's name `old_name` gets `name` instead.
void add_address(Netlink& netlink, const Link& link, const Address& address, const std::string& old_name,
                 const std::string& name);

/// Moves the device into the namespace of the descriptor, where it gets the name; it is down then.
/// \throws Error naming the device
void move_link(Netlink& netlink, const Link& link, int network_namespace, const std::string& name);

/// \throws Error; EEXIST: the name is taken
void rename_link(Netlink& netlink, const Link& link, const std::string& name);

/// The device's name now. \throws Error
std::string name_of(Netlink& netlink, const Link& link);

/// Makes the device a port of the bridge or bond of that index. \throws Error
void set_master(Netlink& netlink, const Link& link, std::uint32_t master);

/// \throws Error
void set_link_up(Netlink& netlink, const Link& link);

}  // namespace rt::network
