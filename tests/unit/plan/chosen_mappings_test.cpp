#include "rt/plan/chosen_mappings.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/plan/id_mappings.hpp"

using namespace rt;

namespace {

// "container:host:size ..."; what the kernel would refuse shows.
std::string text_of(const plan::Mapping& mapping) {
    std::string text;
    for (const spec::IdMapping& entry : mapping) {
        text += (text.empty() ? "" : " ") + std::to_string(entry.container_id) + ":" + std::to_string(entry.host_id) +
                ":" + std::to_string(entry.size);
    }
    plan::IdMappings::validate(mapping, JsonPointer("/linux/uidMappings"));
    return text;
}

std::vector<host::SubordinateRange> ranges(const std::string& text) { return host::parse_subordinate_ranges(text); }

}  // namespace

TEST_CASE("Docker's way: the ranges sorted by start, ids from 0 on without a gap", "[plan][chosen-mappings]") {
    // https://docs.docker.com/engine/security/userns-remap/: several ranges of a user are used together.
    CHECK(text_of(plan::consecutive_mapping(ranges("a:500000:10\na:100000:65536\na:300000:5\n"))) ==
          "0:100000:65536 65536:300000:5 65541:500000:10");
    CHECK(text_of(plan::consecutive_mapping(ranges("a:100010:10\na:100000:10\n"))) == "0:100000:20");
    CHECK(text_of(plan::consecutive_mapping(ranges("a:100000:10\na:100005:10\na:100000:10\na:100002:3\n"))) ==
          "0:100000:15");
    CHECK(plan::consecutive_mapping({}).empty());
    CHECK(text_of(plan::consecutive_mapping(ranges("a:0:4294967295\n"))) == "0:0:4294967295");
}

TEST_CASE("rootless: id 0 is the caller, the ranges follow", "[plan][chosen-mappings]") {
    CHECK(text_of(plan::rootless_mapping(1000, {})) == "0:1000:1");
    CHECK(text_of(plan::rootless_mapping(1000, ranges("a:300000:5\na:100000:65536\n"))) ==
          "0:1000:1 1:100000:65536 65537:300000:5");
    CHECK(text_of(plan::rootless_mapping(1000, ranges("a:998:5\n"))) == "0:1000:1 1:998:2 3:1001:2");
    CHECK(text_of(plan::rootless_mapping(1000, ranges("a:1000:1\n"))) == "0:1000:1");
    CHECK(text_of(plan::rootless_mapping(0, ranges("a:1:4294967294\n"))) == "0:0:1 1:1:4294967294");
}

TEST_CASE("the caller keeps the id, the ranges are around it", "[plan][chosen-mappings]") {
    CHECK(text_of(plan::keep_id_mapping(1000, {})) == "1000:1000:1");
    CHECK(text_of(plan::keep_id_mapping(1000, ranges("a:100000:65536\n"))) ==
          "0:100000:1000 1000:1000:1 1001:101000:64536");
    CHECK(text_of(plan::keep_id_mapping(1000, ranges("a:100000:999\na:200000:3\n"))) ==
          "0:100000:999 999:200000:1 1000:1000:1 1001:200001:2");
    CHECK(text_of(plan::keep_id_mapping(1000, ranges("a:100000:10\n"))) == "0:100000:10 1000:1000:1");
    CHECK(text_of(plan::keep_id_mapping(0, ranges("a:100000:10\n"))) == "0:0:1 1:100000:10");
}

TEST_CASE("a mapping is read as three numbers", "[plan][chosen-mappings]") {
    const spec::IdMapping entry = plan::read_mapping("1:100000:65536", "--map");
    CHECK(entry.container_id == 1);
    CHECK(entry.host_id == 100000);
    CHECK(entry.size == 65536);
    for (const char* words :
         {"", "1", "1:2", "1:2:3:4", "a:2:3", "1:2:", "-1:2:3", "1:2:4294967296", " 1:2:3", "1::3"}) {
        const Failure failure = test::refusal_of([&] { plan::read_mapping(words, "--uid-map"); });
        CHECK(failure.object == "--uid-map");
        CHECK(test::has(failure.reason, "CONTAINER:HOST:SIZE"));
    }
    CHECK(plan::maps({{5, 1, 2}}, 6));
    CHECK_FALSE(plan::maps({{5, 1, 2}}, 7));
    CHECK_FALSE(plan::maps({{5, 1, 2}}, 4));
}
