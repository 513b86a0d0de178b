// Schemata are compared as the kernel understands them (Documentation/filesystems/resctrl.rst).
#include "rt/rdt/schemata.hpp"

#include "catch.hpp"

TEST_CASE("wanted lines agree with a schemata file that says the same, however it is written", "[rdt]") {
    const std::string content = "    MB:0= 20;1=100\n    L3:0=7f0;1=01f\n";
    for (const std::vector<std::string>& wanted : std::vector<std::vector<std::string>>{
             {},
             {"L3:0=7f0;1=1f"},
             {"L3:1=1F;0=07f0"},
             {"L3:1=01f"},
             {"MB:0=20"},
             {"MB:0=20;1=100", "L3:0=7f0"},
             {" MB : 0 = 20 "},
             {"L3:0=1", "L3:0=7f0"},
             {"MB:0=11"},
         }) {
        CHECK(rt::rdt::difference(wanted, content, 10).empty());
    }
}

TEST_CASE("the first difference is told in words", "[rdt]") {
    struct Case {
        std::vector<std::string> wanted;
        std::string difference;
    };
    const std::string content = "    MB:0= 20;1=100\n    L3:0=7f0;1=01f\n";
    const std::vector<Case> cases{
        {{"L3:0=7f1"}, "L3:0 is 7f0, and 7f1 is asked for"},
        {{"L3:0=7f0;1=f"}, "L3:1 is 01f, and f is asked for"},
        {{"L3:0=7f0", "L3:0=1"}, "L3:0 is 7f0, and 1 is asked for"},
        {{"L3:2=1"}, "it has no L3:2"},
        {{"L2:0=1"}, "it has no L2:0"},
        {{"MB:0=21"}, "MB:0 is 20, and 21 is asked for"},
        {{"MB:0=14"}, ""},
        {{"MB:1=max"}, "MB:1 is 100, and max is asked for"},
        // Decimal, unlike the masks.
        {{"L3:0=2032"}, "L3:0 is 7f0, and 2032 is asked for"},
    };
    for (const Case& expected : cases) CHECK(rt::rdt::difference(expected.wanted, content, 10) == expected.difference);
    CHECK(rt::rdt::difference({"MB:0=14"}, content, 1) == "MB:0 is 20, and 14 is asked for");
    CHECK(rt::rdt::difference({"MB:0=20"}, "", 10) == "it has no MB:0");
}
