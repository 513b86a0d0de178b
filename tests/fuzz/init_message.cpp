// What the runtime and init say to each other.
#include "rt/init/message.hpp"

#include "target.hpp"

using namespace rt;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::optional<init::Message> message = init::decode(bytes);
    if (!message) return 0;
    using Kind = init::Message::Kind;
    const bool tells =
        message->kind == Kind::failure || message->kind == Kind::warning || message->kind == Kind::finding;
    fuzz::require(message->failure.has_value() == tells,
                  "the messages that tell something have a failure, and no others");
    fuzz::require(init::encode(*message) == bytes, "only what encode() writes is read");
    fuzz::require(!init::decode(std::string(bytes) + 'x'), "nothing follows a message");
    fuzz::require(!init::decode(bytes.substr(0, size - 1)), "a message is whole");
    if (message->failure) message->failure->message();
    return 0;
}
