#include "rt/plan/search_path.hpp"

#include "catch.hpp"

using namespace rt;

TEST_CASE("a program without a slash is looked for where execvp(3) does", "[plan][search_path]") {
    CHECK(plan::search_path({"HOME=/", "PATH=/a:/b"}) == "/a:/b");
    CHECK(plan::search_path({"PATH="}) == "/bin:/usr/bin");
    CHECK(plan::search_path({"XPATH=/a"}) == "/bin:/usr/bin");
    CHECK(plan::places_of_program("sh", "/a::/b/") == std::vector<std::string>{"/a/sh", "./sh", "/b//sh"});
    CHECK(plan::value_of({"A=", "AB=c"}, "AB") == "c");
}
