#pragma once

#include <string>
#include <vector>

#include "rt/network/link.hpp"
#include "rt/network/netlink.hpp"

namespace rt::network {

/// A route over one device, without that: RTM_NEWROUTE.
struct Route {
    std::string header;  ///< an rtmsg
    std::vector<NetlinkAttribute> attributes;
};

/// The routes over the device that somebody has made, of IPv4 and IPv6 and of every table, in the order in which they can be
/// made again. Left out are those of the kernel's own making, which come and go with the addresses, and those over several
/// devices. \throws Error
std::vector<Route> routes_over(Netlink& netlink, const Link& link);

/// Makes the route again; one that is there already is no error. \throws Error
void add_route(Netlink& netlink, const Link& link, const Route& route);

}  // namespace rt::network
