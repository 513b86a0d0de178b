#include "rt/systemd/wire.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using systemd::Reader;
using systemd::Writer;

namespace {

using namespace std::string_literals;

std::string reason_of(const std::function<void()>& read) {
    try {
        read();
    } catch (const Error& error) {
        return error.failure().reason;
    }
    return "nothing: accepted";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

// D-Bus specification, "Marshalling Basic Types": the three strings of its example.
TEST_CASE("strings lie as in the example of the specification", "[systemd][wire]") {
    const std::string expected = "\x03\0\0\0foo\0\x01\0\0\0+\0\0\0\x03\0\0\0bar\0"s;
    Writer writer;
    writer.string("foo");
    writer.string("+");
    writer.string("bar");
    CHECK(writer.data() == expected);

    Reader reader(expected);
    CHECK(reader.string() == "foo");
    CHECK(reader.string() == "+");
    CHECK(reader.string() == "bar");
    reader.require_end();
}

// "Marshalling Containers": an array of one INT64, 5; the padding after the length does not count. There it is big endian.
TEST_CASE("an array of 64 bit numbers lies as in the example of the specification", "[systemd][wire]") {
    const std::string expected = "\x08\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0"s;
    Writer writer;
    writer.array(8, [&] { writer.uint64(5); });
    CHECK(writer.data() == expected);

    Reader reader(expected);
    const std::size_t end = reader.array(8);
    CHECK(reader.uint64() == 5);
    reader.end_array(end);
    reader.require_end();
}

// "Marshalling Containers", the variants of the example: the signature, then the value at its own boundary.
TEST_CASE("a variant begins with its signature", "[systemd][wire]") {
    Writer writer;
    systemd::write_variant(writer, std::uint64_t{5});
    CHECK(writer.data() == "\x01t\0\0\0\0\0\0\x05\0\0\0\0\0\0\0"s);
}

TEST_CASE("every kind of property value is written with its type, and can be gone over", "[systemd][wire]") {
    const std::vector<std::pair<plan::PropertyValue, std::string>> cases{
        {true, "b"},
        {std::uint8_t{1}, "y"},
        {std::int16_t{-2}, "n"},
        {std::uint16_t{2}, "q"},
        {std::int32_t{-3}, "i"},
        {std::uint32_t{3}, "u"},
        {std::int64_t{-4}, "x"},
        {std::uint64_t{4}, "t"},
        {0.5, "d"},
        {"text"s, "s"},
        {std::vector<std::string>{"a", "bcd"}, "as"},
        {std::vector<std::string>{}, "as"},
        {std::vector<std::uint8_t>{1, 2, 3}, "ay"},
        {plan::StringPairs{{"/dev/char/1:3", "rwm"}, {"char-*", "m"}}, "a(ss)"},
        {plan::StringAmounts{{"/dev/block/8:0", 1000000}, {"/dev/block/8:16", 7}}, "a(st)"},
    };
    Writer all;
    for (const auto& [value, type] : cases) {
        INFO(type);
        Writer writer;
        systemd::write_variant(writer, value);
        Reader reader(writer.data());
        CHECK(reader.signature() == type);
        reader.skip(type);
        reader.require_end();
        systemd::write_variant(all, value);
    }
    // One after another each of them finds its boundary.
    Reader reader(all.data());
    reader.skip(std::string(cases.size(), 'v'));
    reader.require_end();
}

TEST_CASE("numbers, booleans and paths are read", "[systemd][wire]") {
    const std::string bytes = "\x07\0\0\0\x01\0\0\0\x04\0\0\0/a_1\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"s;
    Reader reader(bytes);
    CHECK(reader.byte() == 7);
    CHECK(reader.boolean());
    CHECK(reader.object_path() == "/a_1");
    CHECK(reader.uint64() == ~std::uint64_t{0});
}

TEST_CASE("what is not in the format is refused", "[systemd][wire]") {
    struct Case {
        std::string types;
        std::string bytes;
        std::string reason;
    };
    const std::vector<Case> cases{
        {"u", "\x01\0\0"s, "cut off"},
        {"yu", "\x01\0\0\x01\x05\0\0\0"s, "padding"},
        {"yu", "\x01\0"s, "cut off"},
        {"b", "\x02\0\0\0"s, "boolean is 2"},
        {"s", "\x03\0\0\0fo"s, "cut off"},
        {"s", "\x03\0\0\0foo"s, "cut off"},
        {"s", "\x03\0\0\0foox"s, "does not end"},
        {"s", "\x03\0\0\0f\0o\0"s, "NUL"},
        {"s",
         "\xff\xff\xff\xff"
         "foo\0"s,
         "cut off"},
        {"s", "\x02\0\0\0\xc3\x28\0"s, "UTF-8"},
        {"s", "\x02\0\0\0\xc0\x80\0"s, "UTF-8"},
        {"s", "\x03\0\0\0\xed\xa0\x80\0"s, "UTF-8"},
        {"s", "\x04\0\0\0\xf4\x90\x80\x80\0"s, "UTF-8"},
        {"s", "\x01\0\0\0\xe2\0"s, "UTF-8"},
        {"o", "\x00\0\0\0\0"s, "object path"},
        {"o", "\x02\0\0\0a/\0"s, "object path"},
        {"o", "\x03\0\0\0/a/\0"s, "object path"},
        {"o", "\x04\0\0\0//ab\0"s, "object path"},
        {"o", "\x03\0\0\0/a-\0"s, "object path"},
        {"g", "\x01z\0"s, "signature"},
        {"g", "\x01(\0"s, "signature"},
        {"g", "\x02()\0"s, "signature"},
        {"g",
         "\x01"
         "a\0"s,
         "signature"},
        {"g", "\x04{sv}\0"s, "signature"},
        {"g",
         "\x05"
         "a{vs}\0"s,
         "signature"},
        {"g", "\x21" + std::string(32, 'a') + "y\0"s, "nothing"},
        {"g", "\x22" + std::string(33, 'a') + "y\0"s, "signature"},
        {"v", "\x02ss\0\0\0\0\0"s, "one type"},
        {"v", "\0\0"s, "one type"},
        {"as", "\x07\0\0\0\x01\0\0\0a\0"s, "cut off"},
        {"as", "\x05\0\0\0\x01\0\0\0a\0\0"s, "does not end with an element"},
        {"ay", "\x01\0\0\x04"s, "67108865"},
        {"at", "\x08\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0"s, "padding"},
    };
    for (const Case& entry : cases) {
        INFO(entry.types << " " << entry.reason);
        Reader reader(entry.bytes);
        CHECK(contains(reason_of([&] { reader.skip(entry.types); }), entry.reason));
    }
    const std::string longer = "\x01\0\0\0x"s;
    Reader rest(longer);
    rest.uint32();
    CHECK(contains(reason_of([&] { rest.require_end(); }), "more in it"));
}

TEST_CASE("variants in variants end somewhere", "[systemd][wire]") {
    std::string nested;
    for (int i = 0; i < 1000; ++i) nested += "\x01v\0"s;
    Reader reader(nested);
    CHECK(contains(reason_of([&] { reader.skip("v"); }), "too deeply"));
}

TEST_CASE("the first type of a signature", "[systemd][wire]") {
    CHECK(systemd::first_type("a{sv}u") == 5);
    CHECK(systemd::first_type("a(sa(sv))") == 9);
    CHECK(systemd::first_type("uoss") == 1);
    CHECK(systemd::first_type("") == 0);
    CHECK(systemd::first_type("(s") == 0);
}
