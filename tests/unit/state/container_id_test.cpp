#include "rt/state/container_id.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;

namespace {

std::string refusal_of(const std::string& id) {
    try {
        state::check_container_id(id);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("ids of the usual characters are taken", "[state][id]") {
    for (const char* id : {"a", "0", "web1", "Web_1", "a.b", "a..b", "a-", "a+b", "_", "+", "_-", "a.",
                           "3f4e5d6c7b8a99887766554433221100ffeeddccbbaa99887766554433221100"}) {
        CAPTURE(id);
        CHECK(refusal_of(id).empty());
    }
    CHECK(refusal_of(std::string(255, 'a')).empty());
}

TEST_CASE("an id that could leave its directory, look like an option or hide itself is refused", "[state][id]") {
    const std::string ids[] = {
        "",
        ".",
        "..",
        "...",
        ".hidden",
        "-",
        "-f",
        "--force",
        "/",
        "a/b",
        "/a",
        "a/",
        "../x",
        "a/..",
        "a\\b",
        "a b",
        " a",
        "a ",
        "a\n",
        "\n",
        "a\tb",
        "a:b",
        "a*",
        "a?",
        "~a",
        "a~",
        "$a",
        "a;b",
        "a|b",
        "a'b",
        "a\"b",
        "a@b",
        "a%b",
        "a=b",
        "a,b",
        "a#",
        "\x7f",
        "\x1b[31m",
        "\xc3\xa4",
        "a\xff",
        "\xe2\x80\xae",
        std::string("a\0b", 3),
        std::string(1, '\0'),
        std::string(256, 'a'),
    };
    for (const std::string& id : ids) {
        CAPTURE(id);
        CHECK_FALSE(refusal_of(id).empty());
    }
}

TEST_CASE("every other byte is refused, alone and inside", "[state][id]") {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool usual = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                           c == '+' || c == '.' || c == '-';
        CAPTURE(byte);
        CHECK(refusal_of(std::string("a") + c + "b").empty() == usual);
        CHECK(refusal_of(std::string(1, c)).empty() == (usual && c != '.' && c != '-'));
    }
}

TEST_CASE("the refusal of an id says what is wrong, and shows no control character and no whole kilobyte",
          "[state][id]") {
    CHECK(refusal_of("").find("it is empty") != std::string::npos);
    CHECK(refusal_of("-f").find("begins with '-'") != std::string::npos);
    CHECK(refusal_of("web 1").find("character 4") != std::string::npos);
    CHECK(refusal_of("a\x1b[31m").find('\x1b') == std::string::npos);
    CHECK(refusal_of(std::string(100000, 'a')).size() < 200);
    CHECK(refusal_of(std::string(100000, 'a')).find("longer than 255") != std::string::npos);
}
