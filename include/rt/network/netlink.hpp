#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::network {

/// An attribute of rtnetlink(7): its type (IFLA_*, IFA_*) and its bytes.
struct NetlinkAttribute {
    std::uint16_t type = 0;
    std::string value;
};

/// A question to the kernel about links or addresses, or an order.
struct NetlinkRequest {
    std::uint16_t type = 0;   ///< RTM_*
    std::uint16_t flags = 0;  ///< NLM_F_*; those that every request needs are added
    std::string header;       ///< the bytes of an ifinfomsg or ifaddrmsg
    std::vector<NetlinkAttribute> attributes;

    void add(std::uint16_t attribute, std::string_view bytes) { attributes.push_back({attribute, std::string(bytes)}); }
    void add(std::uint16_t attribute, std::uint32_t number);
    /// With the NUL byte at its end, as the kernel wants names.
    void add_name(std::uint16_t attribute, const std::string& name) { add(attribute, name + '\0'); }
};

/// One message of the kernel.
struct NetlinkAnswer {
    std::uint16_t type = 0;
    std::string header;  ///< as long as the header of the request
    std::vector<NetlinkAttribute> attributes;

    /// The bytes of an attribute; empty when it is absent.
    std::string_view value(std::uint16_t attribute) const noexcept;
};

/// What became of a request.
struct NetlinkResult {
    int code = 0;      ///< 0 or errno
    std::string text;  ///< what the kernel says about an error; may be empty
    std::vector<NetlinkAnswer> answers;
};

/// The bytes of a struct of the kernel, and back.
template <class Struct>
std::string bytes_of(const Struct& value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}
template <class Struct>
Struct struct_of(std::string_view bytes) noexcept {
    Struct value{};
    std::memcpy(&value, bytes.data(), bytes.size() < sizeof value ? bytes.size() : sizeof value);
    return value;
}

/// A socket of rtnetlink(7). It stays in the network namespace in which it was opened, wherever the process goes.
class Netlink {
public:
    /// \throws Error
    static Netlink open();

    /// Sends a request and collects all that the kernel answers to it.
    /// \throws Error: the exchange itself failed; a refusal of the kernel is in the result
    NetlinkResult exchange(const NetlinkRequest& request);

private:
    explicit Netlink(os::UniqueFd socket) noexcept : socket_(std::move(socket)) {}

    std::string receive();

    os::UniqueFd socket_;
    std::uint32_t sequence_ = 0;
};

}  // namespace rt::network
