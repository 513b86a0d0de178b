#include "rt/plan/unprivileged_mappings.hpp"

#include "catch.hpp"
#include "refusal.hpp"

using namespace rt;
using Entries = std::vector<spec::IdMapping>;
using plan::MapWriter;
using plan::UserMappings;

namespace {

constexpr std::uint32_t own_uid = 1000;
constexpr std::uint32_t own_gid = 2000;

host::Facts anna(const std::string& subuid, const std::string& subgid) {
    host::Facts facts{.uid = own_uid, .gid = own_gid};
    facts.subordinate_ids = host::SubordinateIds{.user = "anna",
                                                 .uids = host::parse_subordinate_ranges(subuid),
                                                 .gids = host::parse_subordinate_ranges(subgid),
                                                 .uid_helper = "/bin/newuidmap",
                                                 .gid_helper = "/bin/newgidmap"};
    return facts;
}

UserMappings mappings_of(const Entries& uids, const Entries& gids, const host::Facts& facts,
                         std::vector<std::string>& warnings) {
    const spec::Linux section{
        .namespaces = {{.type = NamespaceType::user}}, .uid_mappings = uids, .gid_mappings = gids};
    return plan::plan_user_mappings(section, plan::plan_namespaces(section), facts, warnings);
}

UserMappings mappings_of(const Entries& uids, const host::Facts& facts) {
    std::vector<std::string> warnings;
    return mappings_of(uids, {{0, own_gid, 1}}, facts, warnings);
}

}  // namespace

TEST_CASE("what a user's ranges and the own id cover is written by the helpers", "[plan][subordinate-ids]") {
    const host::Facts facts = anna("anna:100000:10\nanna:300000:5\nanna:100010:10\nanna:1001:5\n", "anna:400000:10\n");
    const Entries uids = GENERATE(values<Entries>({
        {{0, 100000, 10}},
        {{0, 100019, 1}},
        {{0, 100005, 15}},  // over two lines that continue each other
        {{0, 1000, 1}, {1, 300000, 5}},
        {{0, 1000, 6}},  // the own id and what follows it
        {{7, 300004, 1}, {0, 100000, 1}, {3, 1000, 1}},
    }));
    std::vector<std::string> warnings;
    const UserMappings mappings = mappings_of(uids, {{0, own_gid, 1}, {1, 400000, 10}}, facts, warnings);
    CHECK(mappings.uid_writer == MapWriter{MapWriter::Kind::helper, "/bin/newuidmap", own_uid});
    CHECK(mappings.gid_writer == MapWriter{MapWriter::Kind::helper, "/bin/newgidmap", own_gid});
    CHECK_FALSE(mappings.groups_denied);
    CHECK(warnings.empty());
}

TEST_CASE("each map has its own writer", "[plan][subordinate-ids]") {
    const host::Facts facts = anna("anna:100000:10\n", "anna:100000:10\n");
    std::vector<std::string> warnings;
    UserMappings mappings = mappings_of({{5, own_uid, 1}}, {{0, 100000, 2}}, facts, warnings);
    CHECK(mappings.uid_writer.kind == MapWriter::Kind::own_id);
    CHECK(mappings.gid_writer.kind == MapWriter::Kind::helper);
    CHECK_FALSE(mappings.groups_denied);
    mappings = mappings_of({{0, 100000, 2}}, {{5, own_gid, 1}}, facts, warnings);
    CHECK(mappings.uid_writer.kind == MapWriter::Kind::helper);
    CHECK(mappings.gid_writer.kind == MapWriter::Kind::own_id);
    CHECK(mappings.groups_denied);
    CHECK(warnings.empty());
}

TEST_CASE("what is not the user's is refused with the ids, and with those that are", "[plan][subordinate-ids]") {
    const host::Facts facts = anna("anna:100000:10\n\nanna:300000:1\n", "anna:400000:10\n");
    struct Case {
        Entries uids;
        const char* where;
        const char* missing;
    };
    const Case cases[] = {
        {{{0, 100000, 11}}, "/linux/uidMappings/0", "100010 "},
        {{{0, 99998, 5}}, "/linux/uidMappings/0", "99998-99999 "},
        {{{0, 1000, 1}, {1, 100005, 20}}, "/linux/uidMappings/1", "100010-100024 "},
        {{{0, 999, 3}}, "/linux/uidMappings/0", "999 "},
        {{{0, 100009, 200000}}, "/linux/uidMappings/0", "100010-299999 "},
        {{{0, 0, 1}}, "/linux/uidMappings/0", "0 "},
        {{{0, 4294967294U, 1}}, "/linux/uidMappings/0", "4294967294 "},
    };
    for (const Case& entry : cases) {
        const Failure failure = test::refusal_of([&] { mappings_of(entry.uids, facts); });
        CAPTURE(failure.message());
        CHECK(failure.object == entry.where);
        CHECK(test::has(failure.reason, std::string("uids ") + entry.missing));
        CHECK(test::has(failure.reason, "100000-100009 (line 1), 300000 (line 3) of /etc/subuid"));
        CHECK(test::has(failure.reason, "own uid 1000"));
        CHECK(test::has(failure.hint, "usermod --add-subuids"));
    }
    std::vector<std::string> warnings;
    const Failure failure =
        test::refusal_of([&] { mappings_of({{0, own_uid, 1}}, {{0, 400000, 11}}, facts, warnings); });
    CHECK(failure.object == "/linux/gidMappings/0");
    CHECK(test::has(failure.reason, "/etc/subgid, and your own gid 2000"));
    CHECK(test::has(failure.hint, "--add-subgids 400010-400010 anna"));
}

TEST_CASE("of many ranges a refusal names some", "[plan][subordinate-ids]") {
    std::string subuid;
    for (int i = 1; i <= 20; ++i) subuid += "anna:" + std::to_string(i * 1000000) + ":1\n";
    const Failure failure = test::refusal_of([&] { mappings_of({{0, 5, 1}}, anna(subuid, "")); });
    CHECK(test::has(failure.reason, "8000000 (line 8), and 12 more of /etc/subuid"));
    CHECK_FALSE(test::has(failure.reason, "(line 9)"));
}

TEST_CASE("without ranges one id is mapped, and that is announced once", "[plan][subordinate-ids]") {
    std::vector<std::string> warnings;
    const UserMappings mappings = mappings_of({{0, own_uid, 1}}, {{0, own_gid, 1}}, anna("", ""), warnings);
    CHECK(mappings.uid_writer.kind == MapWriter::Kind::own_id);
    CHECK(mappings.groups_denied);
    CHECK(warnings.empty());  // whoever wrote such a mapping knows it
    const Failure failure = test::refusal_of([&] { mappings_of({{0, 100000, 1}}, anna("", "")); });
    CHECK(failure.object == "/linux/uidMappings");
    CHECK(test::has(failure.reason, "/etc/subuid gives anna no further"));
}

TEST_CASE("a helper that is missing is told before anything is made", "[plan][subordinate-ids]") {
    host::Facts facts = anna("anna:100000:10\n", "anna:100000:10\n");
    facts.subordinate_ids->gid_helper.clear();
    std::vector<std::string> warnings;
    const Failure failure =
        test::refusal_of([&] { mappings_of({{0, 100000, 10}}, {{0, 100000, 10}}, facts, warnings); });
    CHECK(failure.object == "/linux/gidMappings");
    CHECK(test::has(failure.reason, "newgidmap"));
    CHECK(test::has(failure.hint, "uidmap"));
}
