#include "rt/base/text.hpp"

#include <cstdint>

#include "catch.hpp"

using namespace rt;
using Strings = std::vector<std::string>;

namespace {

template <class Number>
struct NumberCase {
    std::string_view text;
    std::optional<Number> number;
};

}  // namespace

TEST_CASE("pieces of every kind are put together", "[base][text]") {
    CHECK(concat().empty());
    CHECK(concat("pid ", 42, ' ', std::string("of "), std::string_view("x")) == "pid 42 of x");
    CHECK(concat(-1, "/", 0, "/", 18446744073709551615U) == "-1/0/18446744073709551615");
    CHECK(concat(std::uint8_t{65}) == "65");
    CHECK(concat('6', "") == "6");
}

TEST_CASE("a number is the whole text, in decimal and in range", "[base][text]") {
    const std::vector<NumberCase<std::uint32_t>> unsigned_cases{
        {"0", 0U},          {"42", 42U},
        {"007", 7U},        {"4294967295", 4294967295U},
        {"4294967296", {}}, {"-1", {}},
        {"-0", {}},         {"+1", {}},
        {"", {}},           {" 1", {}},
        {"1 ", {}},         {"1\n", {}},
        {"1x", {}},         {"x1", {}},
        {"0x10", {}},       {"1e3", {}},
        {"1.0", {}},        {"99999999999999999999999", {}},
        {"\xd9\xa3", {}},
    };
    for (const auto& [text, number] : unsigned_cases) {
        CAPTURE(text);
        CHECK(parse_number<std::uint32_t>(text) == number);
    }
    const std::vector<NumberCase<std::int64_t>> signed_cases{
        {"-1", -1},
        {"-9223372036854775808", INT64_MIN},
        {"-9223372036854775809", {}},
        {"9223372036854775807", INT64_MAX},
        {"-", {}},
        {"9223372036854775808", {}},
        {"--1", {}},
        {"- 1", {}},
        {"+1", {}},
    };
    for (const auto& [text, number] : signed_cases) {
        CAPTURE(text);
        CHECK(parse_number<std::int64_t>(text) == number);
    }
    CHECK(parse_number<std::uint64_t>("18446744073709551615") == 18446744073709551615U);
    CHECK_FALSE(parse_number<std::uint64_t>("18446744073709551616"));
    CHECK(parse_number<std::uint8_t>("255") == 255);
    CHECK_FALSE(parse_number<std::uint8_t>("256"));
}

TEST_CASE("a number ends where its text ends, and a NUL is no digit", "[base][text]") {
    CHECK(parse_number<int>(std::string_view("123456").substr(0, 3)) == 123);
    CHECK_FALSE(parse_number<int>(std::string_view("1\0", 2)));
    CHECK_FALSE(parse_number<int>(std::string_view()));
}

TEST_CASE("a text is split at each separator, and empty parts are parts", "[base][text]") {
    CHECK(split("", ',').empty());
    CHECK(split("a", ',') == Strings{"a"});
    CHECK(split("a,b", ',') == Strings{"a", "b"});
    CHECK(split(",", ',') == Strings{"", ""});
    CHECK(split(",a,,b,", ',') == Strings{"", "a", "", "b", ""});
    CHECK(split("a b", ',') == Strings{"a b"});
}

TEST_CASE("joining is the reverse of splitting", "[base][text]") {
    CHECK(join({}, ", ").empty());
    CHECK(join({"a"}, ", ") == "a");
    CHECK(join({"a", "a", "a"}, ", ") == "a, a, a");
    for (const char* text : {"a", "a,b", ",", ",a,,b,"}) {
        CAPTURE(text);
        CHECK(join(split(text, ','), ",") == text);
    }
}

TEST_CASE("white space is removed at both ends only", "[base][text]") {
    CHECK(trim(" \t\r\n a b \n") == "a b");
    CHECK(trim("a") == "a");
    CHECK(trim("").empty());
    CHECK(trim(" \n\t\r ").empty());
}

TEST_CASE("no control character of a text reaches the terminal", "[base][text]") {
    CHECK(printable("a\nb") == "a\\x0ab");
    CHECK(printable("\x1b[31m") == "\\x1b[31m");
    CHECK(printable("\x7f\t") == "\\x7f\\x09");
    CHECK(printable(std::string_view("\0", 1)) == "\\x00");
    CHECK(printable("ordinary text, \xc3\xa4\xc3\x9b\xe2\x82\xac") == "ordinary text, \xc3\xa4\xc3\x9b\xe2\x82\xac");
    CHECK(printable("\xc2\x9b"
                    "31m\xc2\xa0") == "\\xc2\\x9b31m\xc2\xa0");  // CSI of an 8-bit terminal
    CHECK(printable("\x9b"
                    "31m") == "\\x9b31m");
    CHECK(printable("\xc0\x8a\xe2\x82") == "\\xc0\\x8a\\xe2\\x82");
    for (int byte = 0; byte < 0x20; ++byte) {
        CAPTURE(byte);
        CHECK(printable(std::string(1, static_cast<char>(byte))).size() == 4);
    }
}

TEST_CASE("a file mode is four octal digits", "[base][text]") {
    CHECK(octal_mode(0755) == "0755");
    CHECK(octal_mode(01777) == "1777");
    CHECK(octal_mode(0) == "0000");
    CHECK(octal_mode(0100644) == "0644");  // without the type of the file
}
