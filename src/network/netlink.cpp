#include "rt/network/netlink.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "rt/base/error.hpp"

namespace rt::network {

namespace {

constexpr std::uint16_t type_of(std::uint16_t attribute) { return attribute & NLA_TYPE_MASK; }

void pad(std::string& bytes) { bytes.resize(NLMSG_ALIGN(bytes.size()), '\0'); }

std::string encode(const NetlinkRequest& request, std::uint32_t sequence) {
    std::string body = request.header;
    pad(body);
    for (const NetlinkAttribute& attribute : request.attributes) {
        const nlattr header{.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + attribute.value.size()),
                            .nla_type = attribute.type};
        body += bytes_of(header) + attribute.value;
        pad(body);
    }
    const bool dump = (request.flags & NLM_F_DUMP) == NLM_F_DUMP;
    const nlmsghdr header{
        .nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + body.size()),
        .nlmsg_type = request.type,
        .nlmsg_flags = static_cast<std::uint16_t>(request.flags | NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK)),
        .nlmsg_seq = sequence,
        .nlmsg_pid = 0};
    return bytes_of(header) + body;
}

[[noreturn]] void refuse_answer() { fail("read", "the kernel's answer about network devices", "it is cut off"); }

std::vector<NetlinkAttribute> attributes_in(std::string_view bytes) {
    std::vector<NetlinkAttribute> attributes;
    while (bytes.size() >= sizeof(nlattr)) {
        const auto header = struct_of<nlattr>(bytes);
        if (header.nla_len < NLA_HDRLEN || header.nla_len > bytes.size()) refuse_answer();
        attributes.push_back({.type = type_of(header.nla_type),
                              .value = std::string(bytes.substr(NLA_HDRLEN, header.nla_len - NLA_HDRLEN))});
        bytes.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(header.nla_len), bytes.size()));
    }
    return attributes;
}

// The end of an exchange: a code, and behind the request (only its header, if it is "capped") what the kernel says about it.
void read_end(const nlmsghdr& header, std::string_view body, NetlinkResult& result) {
    if (body.size() < sizeof(int)) refuse_answer();
    result.code = -struct_of<int>(body);
    std::size_t skipped = sizeof(int);
    if (header.nlmsg_type == NLMSG_ERROR) {
        if (body.size() < sizeof(nlmsgerr)) refuse_answer();
        const bool capped = (header.nlmsg_flags & NLM_F_CAPPED) != 0;
        skipped += capped ? sizeof(nlmsghdr) : NLMSG_ALIGN(struct_of<nlmsgerr>(body).msg.nlmsg_len);
    }
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0 || skipped > body.size()) return;
    for (const NetlinkAttribute& attribute : attributes_in(body.substr(skipped))) {
        if (attribute.type == NLMSGERR_ATTR_MSG) result.text = attribute.value.substr(0, attribute.value.find('\0'));
    }
}

// Reads one packet; true when the exchange is over.
bool read_packet(std::string_view packet, std::uint32_t sequence, std::size_t header_size, NetlinkResult& result) {
    while (packet.size() >= sizeof(nlmsghdr)) {
        const auto header = struct_of<nlmsghdr>(packet);
        if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > packet.size()) refuse_answer();
        const std::string_view body = packet.substr(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
        packet.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), packet.size()));
        if (header.nlmsg_seq != sequence) continue;
        if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
            read_end(header, body, result);
            return true;
        }
        if (body.size() < header_size) refuse_answer();
        const std::size_t aligned = std::min<std::size_t>(NLMSG_ALIGN(header_size), body.size());
        result.answers.push_back({.type = header.nlmsg_type,
                                  .header = std::string(body.substr(0, header_size)),
                                  .attributes = attributes_in(body.substr(aligned))});
    }
    return false;
}

}  // namespace

void NetlinkRequest::add(std::uint16_t attribute, std::uint32_t number) { add(attribute, bytes_of(number)); }

std::string_view NetlinkAnswer::value(std::uint16_t attribute) const noexcept {
    const auto found = std::ranges::find(attributes, attribute, &NetlinkAttribute::type);
    return found == attributes.end() ? std::string_view() : std::string_view(found->value);
}

Netlink Netlink::open() {
    os::UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) throw_errno("make", "a netlink socket");
    const int on = 1;
    // The kernel's words in errors, and filters that really select (both since Linux 4.20): better than nothing without.
    ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    ::setsockopt(socket.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    return Netlink(std::move(socket));
}

std::string Netlink::receive() {
    for (;;) {
        const ssize_t size = ::recv(socket_.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw_errno("receive", "the kernel's answer about network devices");
        std::string packet(static_cast<std::size_t>(size), '\0');
        sockaddr_nl sender{};
        socklen_t length = sizeof sender;
        const ssize_t count =
            ::recvfrom(socket_.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
        if (count < 0) throw_errno("receive", "the kernel's answer about network devices");
        packet.resize(static_cast<std::size_t>(count));
        if (sender.nl_pid == 0) return packet;  // netlink(7): the kernel; others may send too
    }
}

NetlinkResult Netlink::exchange(const NetlinkRequest& request) {
    const std::string bytes = encode(request, ++sequence_);
    if (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0)
        throw_errno("ask the kernel about", "network devices");
    NetlinkResult result;
    while (!read_packet(receive(), sequence_, request.header.size(), result)) {
    }
    return result;
}

}  // namespace rt::network
