#include "rt/host/subordinate_ids.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "unit/os/scratch.hpp"
#include "unit/spec/log_capture.hpp"

using namespace rt;
using host::SubordinateRange;

namespace {

std::vector<host::UselessLine> useless_of(std::string_view text) {
    std::vector<host::UselessLine> useless;
    CHECK(host::parse_subordinate_ranges(text, &useless).empty());
    return useless;
}

}  // namespace

TEST_CASE("all lines of the file are ranges, in listed order", "[subordinate-ids]") {
    // subuid(5): login name or UID, numerical subordinate user ID, numerical subordinate user ID count.
    const auto ranges = host::parse_subordinate_ranges(
        "anna:100000:65536\n"
        "\n"
        "# anna:1:2\n"
        "1001:300000:1\n"
        "  anna:200000:10  \n"
        "anna:4294967294:1");
    CHECK(ranges ==
          std::vector<SubordinateRange>{
              {"anna", 100000, 65536, 1}, {"1001", 300000, 1, 4}, {"anna", 200000, 10, 5}, {"anna", 4294967294, 1, 6}});
    CHECK(ranges[0].end() == 165536);
    CHECK(ranges[0].contains(100000));
    CHECK(ranges[0].contains(165535));
    CHECK_FALSE(ranges[0].contains(165536));
    CHECK_FALSE(ranges[0].contains(99999));
    CHECK(host::parse_subordinate_ranges("").empty());
}

TEST_CASE("a line that grants nothing is told with its number and the reason", "[subordinate-ids]") {
    const auto [line, reason] = GENERATE(table<std::string, std::string>({
        {"anna", "not of the form NAME:FIRST:COUNT"},
        {"anna:1", "not of the form"},
        {"anna:1:2:3", "not of the form"},
        {":1:2", "names no owner"},
        {"anna:x:2", "'x' is no id"},
        {"anna:-1:2", "'-1' is no id"},
        {"anna::2", "'' is no id"},
        {"anna:1:", "'' is no number of ids"},
        {"anna:1:2 3", "'2 3' is no number of ids"},
        {"anna:1:0", "grants 0 ids"},
        {"anna:4294967295:1", "reach past 4294967294"},
        {"anna:4294967294:2", "reach past 4294967294"},
        {"anna:1:4294967295", "reach past 4294967294"},
        {"anna:18446744073709551615:1", "reach past 4294967294"},
        {"anna:1:18446744073709551616", "is no number of ids"},
    }));
    const auto useless = useless_of("\n" + line + "\n");
    REQUIRE(useless.size() == 1);
    CHECK(useless[0].line == 2);
    INFO(useless[0].reason);
    CHECK(test::has(useless[0].reason, reason));
}

TEST_CASE("a user's ranges are named by name or by number", "[subordinate-ids]") {
    const auto ranges = host::parse_subordinate_ranges("anna:100000:10\nberta:200000:10\n1001:300000:10\nanna:1:1\n");
    CHECK(host::ranges_of(ranges, "anna", 1001) ==
          std::vector<SubordinateRange>{{"anna", 100000, 10, 1}, {"1001", 300000, 10, 3}, {"anna", 1, 1, 4}});
    CHECK(host::ranges_of(ranges, "", 1001) == std::vector<SubordinateRange>{{"1001", 300000, 10, 3}});
    CHECK(host::ranges_of(ranges, "ann", 100).empty());
}

TEST_CASE("a file that does not exist grants nothing; useless lines are warned of", "[subordinate-ids]") {
    const test::Scratch scratch;
    CHECK(host::read_subordinate_ranges(scratch / "missing").empty());
    const std::string path = scratch.make_file("subuid", "anna:1:2\nanna\n");
    const test::LogCapture log;
    CHECK(host::read_subordinate_ranges(path).size() == 1);
    CHECK(test::has(log.text(), "line 2 of " + path));
    CHECK(
        test::has(test::refusal_of([&] { host::read_subordinate_ranges(scratch.path()); }).message(), scratch.path()));
}
