#include "rt/analysis/check_ids.hpp"

#include "catch.hpp"
#include "rt/base/json_pointer.hpp"

using namespace rt;
using analysis::Findings;
using analysis::HostIds;
using analysis::Level;

namespace {

plan::UserMappings mappings(const std::vector<spec::IdMapping>& entries) {
    plan::UserMappings mapped;
    mapped.mapped = true;
    mapped.uids = plan::IdMappings::validate(entries, JsonPointer("/linux/uidMappings"));
    const std::vector<spec::IdMapping> harmless{{.container_id = 0, .host_id = 900000, .size = 10}};
    mapped.gids = plan::IdMappings::validate(harmless, JsonPointer("/linux/gidMappings"));
    return mapped;
}

HostIds machine() {
    return {
        .passwd = "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbroken line\nnobody:x:65534:65534::/:\n",
        .group = "root:x:0:\n",
        .uids = host::parse_subordinate_ranges("ann:100000:65536\nbob:165536:65536\n"),
        .gids = {}};
}

}  // namespace

TEST_CASE("ids that nobody has are no finding, nor is one id that is meant, nor nobody", "[check]") {
    CHECK(analysis::check_ids(mappings({{0, 100000, 65536}}), machine()).empty());
    CHECK(analysis::check_ids(mappings({{0, 1000, 1}, {1, 100000, 65535}}), machine()).empty());
    CHECK(analysis::check_ids(mappings({{0, 60000, 10000}}), machine()).empty());
    CHECK(analysis::check_ids(plan::UserMappings(), machine()).empty());
}

TEST_CASE("accounts in a range, ids of several users, and root are warnings", "[check]") {
    const Findings accounts = analysis::check_ids(mappings({{0, 500, 1000}}), machine());
    REQUIRE(accounts.size() == 1);
    CHECK(accounts[0].level == Level::warning);
    CHECK(accounts[0].object == "/linux/uidMappings/0");
    CHECK(accounts[0].cause.find("ann (1000)") != std::string::npos);

    const Findings shared = analysis::check_ids(mappings({{0, 160000, 10000}}), machine());
    REQUIRE(shared.size() == 1);
    CHECK(shared[0].cause.find("ann, bob") != std::string::npos);

    const Findings root = analysis::check_ids(mappings({{5, 200000, 5}, {0, 0, 1}}), machine());
    REQUIRE(root.size() == 1);
    CHECK(root[0].object == "/linux/uidMappings/1");
}
