#include "rt/analysis/id_translation.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;

namespace {

// The question of the field: is 33 the host's 100032 or 100033?
const analysis::IdSides web{.kind = "uid",
                            .mapping = plan::IdMappings::validate({{.container_id = 0, .host_id = 100000, .size = 1000},
                                                                   {.container_id = 5000, .host_id = 7, .size = 1}},
                                                                  JsonPointer()),
                            .container_names = {{"root", 0}, {"www-data", 33}, {"nobody", 65534}, {"late", 5000}},
                            .host_names = {{"root", 0}, {"alice", 1000}, {"lp", 7}}};

analysis::Translation inside(const char* word) { return analysis::translate(web, word, false); }
analysis::Translation outside(const char* word) { return analysis::translate(web, word, true); }

}  // namespace

TEST_CASE("an id is translated both ways, with the arithmetic in words", "[analysis]") {
    CHECK(analysis::explain(web, inside("33"), "container web1") ==
          "uid 33 (www-data) of container web1 is uid 100033 on the host\n"
          "  it is number 33, counted from 0, of the range 0-999 of the container, which is 100000-100999 on the host: "
          "100000 + (33 - 0) = 100033\n");
    CHECK(analysis::explain(web, outside("100032"), "container web1") ==
          "uid 100032 of the host is uid 32 in container web1\n"
          "  it is number 32, counted from 0, of the range 100000-100999 of the host, which is 0-999 in the container: "
          "0 + (100032 - 100000) = 32\n");
    CHECK(analysis::explain(web, inside("5000"), "it") ==
          "uid 5000 (late) of it is uid 7 (lp) on the host\n"
          "  it is the only id of the range 5000 of the container, which is 7 on the host\n");
}

TEST_CASE("the ends of a range belong to it, what lies beyond does not", "[analysis]") {
    CHECK(inside("0").host == 100000U);
    CHECK(inside("999").host == 100999U);
    CHECK_FALSE(inside("1000").host);
    CHECK(outside("100000").container == 0U);
    CHECK(outside("100999").container == 999U);
    CHECK_FALSE(outside("101000").container);
    CHECK_FALSE(outside("99999").container);
    CHECK_FALSE(inside("4294967294").mapped());
}

TEST_CASE("names are taken of the side that is asked", "[analysis]") {
    CHECK(inside("www-data").host == 100033U);
    CHECK(outside("lp").container == 5000U);
    CHECK(outside("lp").container_name == "late");
    for (const char* wrong : {"lp", "4294967295", "-1", "", "1x"}) CHECK_THROWS_AS(inside(wrong), Error);
    CHECK_THROWS_AS(outside("www-data"), Error);
}

TEST_CASE("an id that is not mapped is said plainly", "[analysis]") {
    CHECK_FALSE(outside("alice").mapped());
    CHECK(analysis::explain(web, outside("alice"), "container web1") ==
          "uid 1000 (alice) of the host is not mapped in container web1: what belongs to it shows as 65534 (nobody) "
          "there\n"
          "  not even root of the container has rights over it, beyond those of everybody\n");
    CHECK(analysis::explain(web, inside("4000"), "container web1") ==
          "uid 4000 of container web1 is not mapped: nobody can be it there, and no file can belong to it\n"
          "  mapped are the uids 0-999, 5000 of the container\n");
    const analysis::IdSides nothing{.kind = "gid"};
    CHECK(analysis::explain(nothing, analysis::translate(nothing, "0", false), "process 7") ==
          "gid 0 of process 7 is not mapped: nobody can be it there, and no file can belong to it\n  nothing is "
          "mapped\n");
}

TEST_CASE("without a user namespace every id is itself", "[analysis]") {
    const analysis::IdSides same{.kind = "gid", .same = true};
    CHECK(analysis::translate(same, "4294967294", true).container == 4294967294U);
    CHECK(analysis::explain(same, analysis::translate(same, "5", false), "the bundle here") ==
          "gid 5 of the bundle here is gid 5 on the host\n  there is no user namespace between them: every id is "
          "itself\n");
    CHECK(analysis::range_rows({same}).size() == 2);
}

TEST_CASE("the table shows ranges, gaps and names of both sides", "[analysis]") {
    using Row = std::vector<std::string>;
    analysis::IdSides sides = web;
    for (std::uint32_t id = 1; id < 4; ++id) sides.container_names.push_back({"n" + std::to_string(id), id});
    const auto rows = analysis::range_rows({sides});
    REQUIRE(rows.size() == 5);
    CHECK(rows[0] == Row{"KIND", "CONTAINER", "HOST", "SIZE", "CONTAINER-NAMES", "HOST-NAMES"});
    CHECK(rows[1] == Row{"uid", "0-999", "100000-100999", "1000", "root,www-data,n1,+2", "-"});
    CHECK(rows[2] == Row{"uid", "1000-4999", "not mapped", "4000", "-", "-"});
    CHECK(rows[3] == Row{"uid", "5000", "7", "1", "late", "lp"});
    CHECK(rows[4] == Row{"uid", "5001-4294967294", "not mapped", "4294962294", "nobody", "-"});
}

TEST_CASE("translations as JSON", "[analysis]") {
    const auto document = nlohmann::json::parse(analysis::translation_json(
        {web, {.kind = "gid", .same = true}}, {inside("33"), outside("alice")}, "container web1"));
    CHECK(document == nlohmann::json::parse(R"({"of": "container web1",
        "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 1000}, {"containerID": 5000, "hostID": 7, "size": 1}],
        "gidMappings": [{"containerID": 0, "hostID": 0, "size": 4294967295}],
        "ids": [{"kind": "uid", "containerID": 33, "hostID": 100033, "containerName": "www-data", "hostName": null},
                {"kind": "uid", "containerID": null, "hostID": 1000, "containerName": null, "hostName": "alice"}]})"));
}
