#include "rt/systemd/message.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/systemd/wire.hpp"

using namespace rt;
using systemd::Message;
using systemd::MessageType;

namespace {

using namespace std::string_literals;

std::string refusal_of(const std::string& bytes) {
    try {
        systemd::decode(bytes);
    } catch (const Error& error) {
        return error.failure().reason;
    }
    return "nothing: accepted";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The call that every client of a bus begins with, as the reference implementation lays it out (but for the order of the
// fields, which is free).
const std::string hello =
    "l\x01\0\x01\0\0\0\0\x01\0\0\0\x6d\0\0\0"
    "\x01\x01o\0\x15\0\0\0/org/freedesktop/DBus\0\0\0"
    "\x02\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0"
    "\x03\x01s\0\x05\0\0\0Hello\0\0\0"
    "\x06\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0"s;

Message signal() {
    systemd::Writer body;
    body.uint32(7);
    body.string("/org/freedesktop/systemd1/job/7");
    body.string("rt-web1.scope");
    body.string("done");
    return {.type = MessageType::signal,
            .flags = 1,
            .serial = 9,
            .path = "/org/freedesktop/systemd1",
            .interface = "org.freedesktop.systemd1.Manager",
            .member = "JobRemoved",
            .sender = ":1.3",
            .signature = "uoss",
            .body = body.data()};
}

std::string changed(std::string bytes, std::size_t place, char value) {
    bytes[place] = value;
    return bytes;
}

}  // namespace

TEST_CASE("a call has the bytes of the reference implementation", "[systemd][message]") {
    const Message message{.serial = 1,
                          .path = "/org/freedesktop/DBus",
                          .interface = "org.freedesktop.DBus",
                          .member = "Hello",
                          .destination = "org.freedesktop.DBus"};
    CHECK(systemd::encode(message) == hello);
    CHECK(systemd::length_of(hello.substr(0, systemd::fixed_header_size)) == hello.size());
}

TEST_CASE("a message is read as it was written", "[systemd][message]") {
    const Message given = signal();
    const Message read = systemd::decode(systemd::encode(given));
    CHECK(read.type == given.type);
    CHECK(read.flags == given.flags);
    CHECK(read.serial == given.serial);
    CHECK(read.path == given.path);
    CHECK(read.interface == given.interface);
    CHECK(read.member == given.member);
    CHECK(read.sender == given.sender);
    CHECK(read.signature == given.signature);
    CHECK(read.body == given.body);
    CHECK(read.destination.empty());
    CHECK(systemd::decode(hello).member == "Hello");
}

TEST_CASE("a message that is not in the format is refused", "[systemd][message]") {
    const std::string good = systemd::encode(signal());
    CHECK(refusal_of(good) == "nothing: accepted");
    CHECK(contains(refusal_of(changed(good, 0, 'B')), "big endian"));
    CHECK(contains(refusal_of(changed(good, 0, 'x')), "byte order"));
    CHECK(contains(refusal_of(changed(good, 1, 0)), "no type"));
    CHECK(contains(refusal_of(changed(good, 3, 2)), "protocol is 2"));
    CHECK(contains(refusal_of(changed(good, 8, 0)), "serial"));
    CHECK(contains(refusal_of(changed(good, 7, 1)), "bytes"));
    CHECK(contains(refusal_of(changed(good, 4, static_cast<char>(good[4] + 1))), "cut off"));
    CHECK(contains(refusal_of(good + "x"), "cut off"));
    CHECK(contains(refusal_of(""), "cut off"));
    // The type of its first field, the path.
    CHECK(contains(refusal_of(changed(good, 18, 's')), "wrong type"));

    Message without_path = signal();
    without_path.path.clear();
    CHECK(contains(refusal_of(systemd::encode(without_path)), "missing"));
    CHECK(contains(refusal_of(systemd::encode({.type = MessageType::method_return, .serial = 1})), "missing"));
    CHECK(
        contains(refusal_of(systemd::encode({.type = MessageType::error, .serial = 1, .reply_serial = 1})), "missing"));
    Message without_types = signal();
    without_types.signature.clear();
    CHECK(contains(refusal_of(systemd::encode(without_types)), "no types"));
}

TEST_CASE("a message that is cut off or changed anywhere is read or refused, nothing else", "[systemd][message]") {
    const std::string good = systemd::encode(signal());
    for (std::size_t length = 0; length < good.size(); ++length) {
        CHECK(refusal_of(good.substr(0, length)) != "nothing: accepted");
    }
    for (std::size_t place = 0; place < good.size(); ++place) {
        for (const unsigned value : {0U, 1U, 4U, 0x7FU, 0x80U, 0xFFU, unsigned{'('}, unsigned{'a'}, unsigned{'v'}}) {
            const std::string bytes = changed(good, place, static_cast<char>(value));
            try {
                const Message message = systemd::decode(bytes);
                systemd::Reader(message.body).skip(message.signature);
            } catch (const Error&) {
            }
        }
    }
    SUCCEED();
}
