#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rt::systemd {

/// D-Bus specification, "Message Types".
enum class MessageType : std::uint8_t { method_call = 1, method_return, error, signal };

/// A message of D-Bus, without descriptors.
struct Message {
    MessageType type = MessageType::method_call;
    std::uint8_t flags = 0;
    std::uint32_t serial = 0;        ///< of the sender's; never 0
    std::uint32_t reply_serial = 0;  ///< of the call that a return or an error answers
    std::string path;
    std::string interface;
    std::string member;
    std::string error_name;
    std::string destination;
    std::string sender;     ///< filled in by the bus
    std::string signature;  ///< types of the body
    std::string body;
};

/// The beginning of a message that says how long it is.
inline constexpr std::size_t fixed_header_size = 16;

/// How many bytes the whole message has, by its first 16. \throws Error: not of the format, big endian, or above 16 MiB
std::size_t length_of(std::string_view fixed_header);

/// The message as bytes.
std::string encode(const Message& message);
/// The message in exactly these bytes; its header is checked, the body only for its length. \throws Error: malformed
Message decode(std::string_view bytes);

}  // namespace rt::systemd
