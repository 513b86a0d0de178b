#include "rt/init/message.hpp"

#include <cstring>
#include <random>

#include "catch.hpp"

using namespace rt;
using init::decode;
using init::encode;
using init::Message;
using init::Step;

namespace {

constexpr Message::Kind kinds[] = {Message::Kind::done,    Message::Kind::failure,        Message::Kind::trees_wanted,
                                   Message::Kind::trees,   Message::Kind::console,        Message::Kind::init_pid,
                                   Message::Kind::warning, Message::Kind::mapping_wanted, Message::Kind::attaching,
                                   Message::Kind::finding};
constexpr Step steps[] = {Step::join_cgroups, Step::map_ids, Step::prepare_rootfs, Step::ready, Step::commit};

Failure complete_failure() {
    return {.doing = "mount",
            .object = "/proc",
            .code = 13,
            .reason = std::string("a\0b\n\xff", 5),
            .hint = "",
            .during = {"create container web1", "", "prepare the rootfs"},
            .kind = FailureKind::program_not_executable};
}

bool carries_failure(Message::Kind kind) {
    return kind == Message::Kind::failure || kind == Message::Kind::warning || kind == Message::Kind::finding;
}

Message failure_message(const Failure& failure) { return {.kind = Message::Kind::failure, .failure = failure}; }

void check_same(const Failure& a, const Failure& b) {
    CHECK(a.doing == b.doing);
    CHECK(a.object == b.object);
    CHECK(a.code == b.code);
    CHECK(a.reason == b.reason);
    CHECK(a.hint == b.hint);
    CHECK(a.during == b.during);
    CHECK(a.kind == b.kind);
}

// With a number of 32 bits in the place of that one.
std::string with_number(std::string bytes, std::size_t place, std::uint32_t number) {
    std::memcpy(bytes.data() + place, &number, sizeof number);
    return bytes;
}

}  // namespace

TEST_CASE("every message is read as it was written", "[init][message]") {
    for (const Message::Kind kind : kinds) {
        for (const Step step : steps) {
            for (const std::uint32_t first : {0U, 1U, 4294967295U}) {
                Message message{.kind = kind, .step = step, .first = first};
                if (carries_failure(kind)) message.failure = complete_failure();
                const std::optional<Message> read = decode(encode(message));
                REQUIRE(read);
                CHECK(read->kind == kind);
                CHECK(read->step == step);
                CHECK(read->first == first);
                REQUIRE(read->failure.has_value() == message.failure.has_value());
                if (read->failure) check_same(*read->failure, *message.failure);
            }
        }
    }
}

TEST_CASE("texts around and past 16 bits of length are not cut", "[init][message]") {  // CVE-2021-43784
    for (const std::size_t size : {0U, 255U, 256U, 65535U, 65536U, 65537U, 70000U, 200000U}) {
        const std::string text(size, 'x');
        const Failure failure{.doing = text,
                              .object = text + "o",
                              .reason = text + "r",
                              .hint = text + "h",
                              .during = {text + "1", text + "2"}};
        const std::optional<Message> read = decode(encode(failure_message(failure)));
        REQUIRE(read);
        check_same(*read->failure, failure);
    }
}

TEST_CASE("any code and every kind of failure comes through", "[init][message]") {
    for (const int code : {0, 1, 133, 4095, -1}) {
        for (const FailureKind kind :
             {FailureKind::runtime, FailureKind::program_not_found, FailureKind::program_not_executable,
              FailureKind::hook, FailureKind::interrupted}) {
            const std::optional<Message> read = decode(encode(failure_message({.code = code, .kind = kind})));
            REQUIRE(read);
            CHECK(read->failure->code == code);
            CHECK(read->failure->kind == kind);
        }
    }
}

TEST_CASE("a message that is cut off anywhere, or goes on, is no message", "[init][message]") {
    for (const Message::Kind kind : kinds) {
        Message message{.kind = kind};
        if (carries_failure(kind)) message.failure = complete_failure();
        const std::string bytes = encode(message);
        for (std::size_t length = 0; length < bytes.size(); ++length) CHECK_FALSE(decode(bytes.substr(0, length)));
        CHECK_FALSE(decode(bytes + '\0'));
        CHECK_FALSE(decode(bytes + bytes));
    }
}

TEST_CASE("only a failure or a warning says why", "[init][message]") {
    CHECK_FALSE(decode(encode({.kind = Message::Kind::warning})));
    CHECK_FALSE(decode(encode({.kind = Message::Kind::failure})));
    CHECK_FALSE(decode(encode({.kind = Message::Kind::done, .failure = complete_failure()})));
}

TEST_CASE("unknown kinds and steps are no message", "[init][message]") {
    const std::string bytes = encode({});
    const std::size_t number = sizeof(std::uint32_t);
    for (const std::uint32_t value : {9U, 255U, 256U, 4294967295U}) {
        CAPTURE(value);
        CHECK_FALSE(decode(with_number(bytes, 0, value)));
        CHECK_FALSE(decode(with_number(bytes, number, value)));
    }
}

TEST_CASE("a length or count past the end of the message is refused, however large", "[init][message]") {
    const Failure failure{.doing = "abcd", .during = {"x"}};
    const std::string bytes = encode(failure_message(failure));
    for (std::size_t place = 0; place + sizeof(std::uint32_t) <= bytes.size(); ++place) {
        for (const std::uint32_t value : {1000U, 0x7fffffffU, 0x80000000U, 0xfffffffcU, 0xffffffffU}) {
            const std::string damaged = with_number(bytes, place, value);
            const std::optional<Message> read = decode(damaged);
            // Some places hold a number that may have any value (`first`, the errno) or letters of a text.
            if (read) CHECK(encode(*read) == damaged);
        }
    }
    const std::size_t doing_length = 3 * sizeof(std::uint32_t);
    CHECK_FALSE(decode(with_number(bytes, doing_length, 0xffffffffU)));
    const std::size_t count = bytes.size() - 1 - 2 * sizeof(std::uint32_t);
    CHECK(decode(with_number(bytes, count, 1)));
    CHECK_FALSE(decode(with_number(bytes, count, 0)));
    CHECK_FALSE(decode(with_number(bytes, count, 2)));
    CHECK_FALSE(decode(with_number(bytes, count, 0xffffffffU)));
}

TEST_CASE("random and damaged bytes are refused, or are a message to the last bit", "[init][message]") {
    std::mt19937 random(20210430);  // NOLINT(cert-msc51-cpp): the same bytes each time
    const std::string whole = encode(failure_message(complete_failure()));
    const auto byte = [&] { return static_cast<char>(random() & 0xffU); };
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = whole;
        if (round % 2 == 0) {
            bytes.resize(random() % 64);
            for (char& c : bytes) c = random() % 4 == 0 ? byte() : static_cast<char>(random() % 3);
        } else {
            for (int change = 0; change < 3; ++change) bytes[random() % bytes.size()] = byte();
        }
        const std::optional<Message> read = decode(bytes);
        if (read && encode(*read) != bytes) FAIL("read as another message in round " << round);
    }
    CHECK_FALSE(decode(""));
}
