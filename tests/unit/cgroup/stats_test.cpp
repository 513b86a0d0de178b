// Formats: Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/blkio-controller.rst and accounting/psi.rst of the kernel.
#include "rt/cgroup/stats.hpp"

#include "catch.hpp"

using namespace rt::cgroup;
#ifdef RT_CATCH3
using Catch::Approx;
#endif

TEST_CASE("counters are read line by line", "[cgroup][stats]") {
    const auto counters =
        parse_counters("usage_usec 5\nnr_periods 0\nbroken\nnegative -1\nlast 18446744073709551615\n");
    CHECK(counters.size() == 3);
    CHECK(counters.at("usage_usec") == 5);
    CHECK(counters.at("last") == 18446744073709551615ULL);
    CHECK(parse_counters("").empty());
}

TEST_CASE("pressure is read", "[cgroup][stats]") {
    const auto pressure = parse_pressure(
        "some avg10=0.22 avg60=0.17 avg300=1.11 total=58761459\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
    REQUIRE(pressure);
    CHECK(pressure->some.average_10 == Approx(0.22));
    CHECK(pressure->some.average_60 == Approx(0.17));
    CHECK(pressure->some.average_300 == Approx(1.11));
    CHECK(pressure->some.total == 58761459);
    CHECK(pressure->full.total == 7);
    CHECK_FALSE(parse_pressure(""));
    CHECK_FALSE(parse_pressure("nothing of the kind"));
}

TEST_CASE("block I/O is read on both versions", "[cgroup][stats]") {
    const BlockIoStats stats = parse_io_stat(
        "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n8:0\nno:device rbytes=1\n");
    REQUIRE(stats.bytes.size() == 3);
    CHECK(stats.bytes[0].major == 8);
    CHECK(stats.bytes[0].minor == 16);
    CHECK(stats.bytes[0].operation == "Read");
    CHECK(stats.bytes[0].value == 1459200);
    CHECK(stats.bytes[1].operation == "Write");
    REQUIRE(stats.operations.size() == 3);
    CHECK(stats.operations[1].value == 353);

    const auto entries = parse_blkio("254:0 Read 100\n254:0 Write 7\n254:0 Total 107\nTotal 107\n");
    REQUIRE(entries.size() == 3);
    CHECK(entries[1].operation == "Write");
    CHECK(entries[1].value == 7);
}
