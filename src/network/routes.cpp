#include "rt/network/routes.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/base/error.hpp"

namespace rt::network {

namespace {

bool made_by_somebody(const rtmsg& route) {
    const bool of_kernel = route.rtm_protocol == RTPROT_KERNEL || route.rtm_protocol == RTPROT_RA;
    return !of_kernel && (route.rtm_flags & RTM_F_CLONED) == 0 && route.rtm_table != RT_TABLE_LOCAL;
}

// RTA_CACHEINFO and RTA_OIF are the kernel's answer to where it was.
bool is_kept(const NetlinkAttribute& attribute) {
    constexpr std::array<std::uint16_t, 4> left_out{RTA_CACHEINFO, RTA_OIF, RTA_MARK, RTA_MULTIPATH};
    return std::ranges::find(left_out, attribute.type) == left_out.end();
}

bool has_gateway(const Route& route) {
    return std::ranges::any_of(route.attributes, [](const NetlinkAttribute& attribute) {
        return attribute.type == RTA_GATEWAY || attribute.type == RTA_VIA;
    });
}

void collect(Netlink& netlink, unsigned char family, const Link& link, std::vector<Route>& routes) {
    rtmsg header{};
    header.rtm_family = family;
    const NetlinkResult result =
        netlink.exchange({.type = RTM_GETROUTE, .flags = NLM_F_DUMP, .header = bytes_of(header), .attributes = {}});
    // A kernel without IPv6 knows no such routes.
    if (result.code == EOPNOTSUPP || result.code == EAFNOSUPPORT) return;
    if (result.code != 0) throw_errno("list the routes over", "a network device", result.code, result.text);
    for (const NetlinkAnswer& answer : result.answers) {
        const std::string_view device = answer.value(RTA_OIF);
        auto route = struct_of<rtmsg>(answer.header);
        if (device.empty() || struct_of<std::uint32_t>(device) != link.index || !made_by_somebody(route)) continue;
        route.rtm_flags &= RTNH_F_ONLINK;  // the others tell of the state of the device
        Route entry{.header = bytes_of(route), .attributes = {}};
        std::ranges::copy_if(answer.attributes, std::back_inserter(entry.attributes), is_kept);
        routes.push_back(std::move(entry));
    }
}

}  // namespace

std::vector<Route> routes_over(Netlink& netlink, const Link& link) {
    std::vector<Route> routes;
    collect(netlink, AF_INET, link, routes);
    collect(netlink, AF_INET6, link, routes);
    // The gateway of a route must be reachable when that is made.
    std::ranges::stable_partition(routes, [](const Route& route) { return !has_gateway(route); });
    return routes;
}

void add_route(Netlink& netlink, const Link& link, const Route& route) {
    NetlinkRequest request{.type = RTM_NEWROUTE,
                           .flags = NLM_F_CREATE | NLM_F_EXCL,
                           .header = route.header,
                           .attributes = route.attributes};
    request.add(RTA_OIF, link.index);
    const NetlinkResult result = netlink.exchange(request);
    if (result.code != 0 && result.code != EEXIST) {
        throw_errno("make a route again over", "the network device", result.code, result.text);
    }
}

}  // namespace rt::network
