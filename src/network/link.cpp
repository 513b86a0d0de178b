#include "rt/network/link.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::network {

namespace {

NetlinkRequest about_link(std::uint16_t type, std::uint32_t index, unsigned flags = 0, unsigned change = 0) {
    const ifinfomsg header{.ifi_family = AF_UNSPEC,
                           .ifi_type = 0,
                           .ifi_index = static_cast<int>(index),
                           .ifi_flags = flags,
                           .ifi_change = change};
    return {.type = type, .header = bytes_of(header)};
}

void order(Netlink& netlink, const NetlinkRequest& request, const char* doing, const std::string& object,
           const std::string& hint = {}) {
    const NetlinkResult result = netlink.exchange(request);
    if (result.code != 0) throw_errno(doing, object, result.code, result.text, hint);
}

NetlinkRequest question(std::uint32_t index) {
    NetlinkRequest request = about_link(RTM_GETLINK, index);
    request.add(IFLA_EXT_MASK, std::uint32_t{RTEXT_FILTER_SKIP_STATS});
    return request;
}

// What came from the state of the address on its old device, and what the kernel decides anew.
constexpr std::uint32_t flags_of_state =
    IFA_F_SECONDARY | IFA_F_OPTIMISTIC | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TENTATIVE;

std::uint32_t flags_of(const NetlinkAnswer& answer) {
    const std::string_view wide = answer.value(IFA_FLAGS);
    return wide.empty() ? struct_of<ifaddrmsg>(answer.header).ifa_flags : struct_of<std::uint32_t>(wide);
}

// IFA_CACHEINFO is an address's lifetime: kept, because one that is no longer preferred for new connections stays so.
bool is_kept(const NetlinkAttribute& attribute) {
    constexpr std::array<std::uint16_t, 7> kept{IFA_ADDRESS,   IFA_LOCAL,       IFA_LABEL, IFA_BROADCAST,
                                                IFA_CACHEINFO, IFA_RT_PRIORITY, IFA_PROTO};
    return std::ranges::find(kept, attribute.type) != kept.end();
}

Address address_of(const NetlinkAnswer& answer, std::uint32_t flags) {
    auto header = struct_of<ifaddrmsg>(answer.header);
    header.ifa_flags = 0;
    header.ifa_index = 0;
    Address address{.header = bytes_of(header), .attributes = {}};
    std::ranges::copy_if(answer.attributes, std::back_inserter(address.attributes), is_kept);
    address.attributes.push_back({.type = IFA_FLAGS, .value = bytes_of(flags & ~flags_of_state)});
    return address;
}

std::string new_label(const std::string& label, const std::string& old_name, const std::string& name) {
    if (!label.starts_with(old_name)) return label;
    const std::string changed = name + label.substr(old_name.size());
    return changed.size() <= IFNAMSIZ ? changed : name + '\0';  // with the NUL byte
}

}  // namespace

std::optional<Link> try_find_link(Netlink& netlink, const std::string& name) {
    NetlinkRequest request = question(0);
    request.add_name(IFLA_IFNAME, name);
    const NetlinkResult result = netlink.exchange(request);
    if (result.code == ENODEV) return std::nullopt;
    if (result.code != 0 || result.answers.empty()) {
        throw_errno("look for the network device", name, result.code, result.text);
    }
    const NetlinkAnswer& answer = result.answers.front();
    const auto header = struct_of<ifinfomsg>(answer.header);
    return Link{.index = static_cast<std::uint32_t>(header.ifi_index),
                .up = (header.ifi_flags & IFF_UP) != 0,
                .master = struct_of<std::uint32_t>(answer.value(IFLA_MASTER))};
}

std::string name_of(Netlink& netlink, const Link& link) {
    const NetlinkResult result = netlink.exchange(question(link.index));
    if (result.code != 0 || result.answers.empty()) {
        throw_errno("look for", "a network device", result.code, result.text);
    }
    const std::string_view name = result.answers.front().value(IFLA_IFNAME);
    return std::string(name.substr(0, name.find('\0')));
}

std::vector<Address> permanent_addresses(Netlink& netlink, const Link& link) {
    const ifaddrmsg header{
        .ifa_family = AF_UNSPEC, .ifa_prefixlen = 0, .ifa_flags = 0, .ifa_scope = 0, .ifa_index = link.index};
    const NetlinkRequest request{.type = RTM_GETADDR, .flags = NLM_F_DUMP, .header = bytes_of(header)};
    const NetlinkResult result = netlink.exchange(request);
    if (result.code != 0) throw_errno("list the addresses of", "a network device", result.code, result.text);
    std::vector<Address> addresses;
    for (const NetlinkAnswer& answer : result.answers) {
        const auto found = struct_of<ifaddrmsg>(answer.header);
        const std::uint32_t flags = flags_of(answer);
        const bool stays = (flags & IFA_F_PERMANENT) != 0 && found.ifa_scope == RT_SCOPE_UNIVERSE;
        if (found.ifa_index == link.index && stays) addresses.push_back(address_of(answer, flags));
    }
    // An IPv6 address that is added goes before the others, and the first is preferred as the source of packets.
    const auto is_v4 = [](const Address& address) {
        return struct_of<ifaddrmsg>(address.header).ifa_family == AF_INET;
    };
    std::ranges::reverse(std::ranges::stable_partition(addresses, is_v4));
    return addresses;
}

void add_address(Netlink& netlink, const Link& link, const Address& address, const std::string& old_name,
                 const std::string& name) {
    auto header = struct_of<ifaddrmsg>(address.header);
    header.ifa_index = link.index;
    NetlinkRequest request{.type = RTM_NEWADDR,
                           .flags = NLM_F_CREATE | NLM_F_EXCL,
                           .header = bytes_of(header),
                           .attributes = address.attributes};
    for (NetlinkAttribute& attribute : request.attributes) {
        if (attribute.type == IFA_LABEL) attribute.value = new_label(attribute.value, old_name, name);
    }
    order(netlink, request, "add its addresses to the network device", name);
}

void move_link(Netlink& netlink, const Link& link, int network_namespace, const std::string& name) {
    NetlinkRequest request = about_link(RTM_SETLINK, link.index);
    request.add(IFLA_NET_NS_FD, static_cast<std::uint32_t>(network_namespace));
    request.add_name(IFLA_IFNAME, name);
    const NetlinkResult result = netlink.exchange(request);
    if (result.code == 0) return;
    const char* hint = "";
    if (result.code == EINVAL) hint = "some kinds of devices cannot leave their network namespace";
    if (result.code == EPERM)
        hint = "rt needs CAP_NET_ADMIN in the user namespaces that own the two network namespaces";
    throw_errno("move", "the network device", result.code, result.text, hint);
}

void rename_link(Netlink& netlink, const Link& link, const std::string& name) {
    NetlinkRequest request = about_link(RTM_SETLINK, link.index);
    request.add_name(IFLA_IFNAME, name);
    order(netlink, request, "rename the network device to", name);
}

void set_master(Netlink& netlink, const Link& link, std::uint32_t master) {
    NetlinkRequest request = about_link(RTM_SETLINK, link.index);
    request.add(IFLA_MASTER, master);
    order(netlink, request, "make a port of its bridge again of", "the network device");
}

void set_link_up(Netlink& netlink, const Link& link) {
    order(netlink, about_link(RTM_SETLINK, link.index, IFF_UP, IFF_UP), "set up", "the network device");
}

}  // namespace rt::network
