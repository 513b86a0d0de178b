#include "rt/plan/number_list.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;

namespace {

const JsonPointer where("/there");

plan::NumberSet read(const char* text) { return plan::read_number_list(text, 1023, where); }

}  // namespace

TEST_CASE("a list of numbers is a set of bits", "[plan][lists]") {
    using Words = std::vector<unsigned long>;
    CHECK(read("").words == Words{});
    CHECK(read("0").words == Words{1});
    CHECK(read("0-3,7").words == Words{0x8f});
    CHECK(read("7,3,0-2,2").words == Words{0x8f});
    CHECK(read("63").words == Words{0x8000000000000000});
    CHECK(read("63-64").words == Words{0x8000000000000000, 1});
    CHECK(read("5-5").words == Words{0x20});
    CHECK(read("1023").words.size() == 16);
}

TEST_CASE("a set of numbers is written as the kernel lists it", "[plan][lists]") {
    CHECK(read("").text().empty());
    CHECK(read("7,3,0-2").text() == "0-3,7");
    CHECK(read("62-65,1023").text() == "62-65,1023");
    CHECK(read("0-7").without(read("2-3,9")).text() == "0-1,4-7");
    CHECK(read("64").without(read("64")).empty());
    CHECK(read("64-65").contains(65));
    CHECK_FALSE(read("64-65").contains(5000));
}

TEST_CASE("a list that is not exactly one is refused with its place", "[plan][lists]") {
    for (const char* text : {" ", "0 ",  " 0", "0, 1", "0,",  ",0",   "0,,1",   "-1",         "1-",  "3-2",  "1-2-3",
                             "a", "0x1", "+1", "1:2",  "all", "1024", "0-1024", "4294967296", "0\n", "0-3/2"}) {
        CAPTURE(text);
        try {
            read(text);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.failure().object == "/there");
        }
    }
}
