#include "rt/base/json_pointer.hpp"

#include "catch.hpp"

using rt::JsonPointer;

TEST_CASE("keys and indexes are written as RFC 6901 has them", "[base]") {
    const JsonPointer document;
    CHECK((document / "linux" / "uidMappings" / std::size_t{1} / "size").text() == "/linux/uidMappings/1/size");
    // The examples of its section 5.
    CHECK((document / "foo" / std::size_t{0}).text() == "/foo/0");
    CHECK((document / "a/b").text() == "/a~1b");
    CHECK((document / "c%d").text() == "/c%d");
    CHECK((document / "i\\j").text() == "/i\\j");
    CHECK((document / "k\"l").text() == "/k\"l");
    CHECK((document / " ").text() == "/ ");
    CHECK((document / "m~n").text() == "/m~0n");
    // Section 4: "~01" must be read as "~1", not as "/".
    CHECK((document / "~1").text() == "/~01");
    CHECK((document / "~~//").text() == "/~0~0~1~1");
}

TEST_CASE("a pointer is not changed by going deeper", "[base]") {
    const JsonPointer where("/process");
    CHECK((where / "user").text() == "/process/user");
    CHECK((where / "args").text() == "/process/args");
    CHECK(where.text() == "/process");
}

TEST_CASE("the whole document has a name that can be read", "[base]") { CHECK(JsonPointer().text() == "/"); }
