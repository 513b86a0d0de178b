#include "rt/plan/namespaces.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using plan::Namespaces;
using plan::UserMappings;
using Entries = std::vector<spec::IdMapping>;

namespace {

constexpr std::uint64_t setgid_and_setuid = 1U << 6 | 1U << 7;  // capabilities(7)

host::Facts root() { return {.capabilities = ~std::uint64_t{0}}; }
host::Facts user_1000() { return {.uid = 1000, .gid = 2000}; }

host::Facts joining(const std::string& uid_map, const std::string& gid_map, bool groups_denied = false) {
    host::Facts facts = root();
    facts.joined_user_namespace = host::UserNamespaceMaps{uid_map, gid_map, groups_denied};
    return facts;
}

spec::Linux with_new_user_namespace(const Entries& uids, const Entries& gids) {
    return {.namespaces = {{.type = NamespaceType::user}}, .uid_mappings = uids, .gid_mappings = gids};
}

spec::Linux with_joined_user_namespace(const Entries& uids, const Entries& gids) {
    return {.namespaces = {{.type = NamespaceType::user, .path = "/ns"}}, .uid_mappings = uids, .gid_mappings = gids};
}

UserMappings mappings_of(const spec::Linux& section, const host::Facts& facts, std::vector<std::string>& warnings) {
    return plan::plan_user_mappings(section, plan::plan_namespaces(section), facts, warnings);
}

UserMappings mappings_of(const spec::Linux& section, const host::Facts& facts) {
    std::vector<std::string> warnings;
    UserMappings mappings = mappings_of(section, facts, warnings);
    CHECK(warnings.empty());
    return mappings;
}

template <class Work>
Failure refusal_of(Work work) {
    try {
        work();
    } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(error.failure().code == 0);
        return error.failure();
    }
    FAIL("accepted");
    return {};
}

}  // namespace

TEST_CASE("each type of namespace is created, joined or inherited, as it is listed", "[plan][namespaces]") {
    for (const NamespaceTypeEntry& entry : namespace_types) {
        CAPTURE(entry.name);
        const Namespaces created = plan::plan_namespaces({.namespaces = {{.type = entry.type}}});
        CHECK(created.created == entry.clone_flag);
        CHECK(created.creates(entry.type));
        CHECK_FALSE(created.joins(entry.type));
        CHECK(created.has(entry.type));

        const Namespaces joined = plan::plan_namespaces({.namespaces = {{.type = entry.type, .path = "/run/ns"}}});
        CHECK(joined.created == 0);
        CHECK(joined.joins(entry.type));
        CHECK(joined.joined_of(entry.type)->path == "/run/ns");
        CHECK(joined.has(entry.type));

        const Namespaces absent = plan::plan_namespaces({});
        CHECK_FALSE(absent.has(entry.type));
        CHECK(absent.joined_of(entry.type) == nullptr);
        for (const NamespaceTypeEntry& other : namespace_types) {
            if (other.type == entry.type) continue;
            CHECK_FALSE(created.has(other.type));
            CHECK_FALSE(joined.has(other.type));
        }
    }
}

TEST_CASE("a type that is listed twice is refused with both places", "[plan][namespaces]") {
    struct Case {
        std::optional<std::string> first;
        std::optional<std::string> second;
    };
    for (const Case& entry : {Case{{}, {}}, Case{"/a", "/b"}, Case{{}, "/b"}, Case{"/a", {}}}) {
        for (const NamespaceTypeEntry& type : namespace_types) {
            const NamespaceType other = type.type == NamespaceType::uts ? NamespaceType::ipc : NamespaceType::uts;
            const spec::Linux section{.namespaces = {{other, {}}, {type.type, entry.first}, {type.type, entry.second}}};
            const Failure failure = refusal_of([&] { plan::plan_namespaces(section); });
            CHECK(failure.object == "/linux/namespaces/2");
            CHECK(test::has(failure.reason, std::string(type.name)));
            CHECK(test::has(failure.reason, "entry 1"));
        }
    }
}

TEST_CASE("a new user namespace without a mapping is refused with the field and the lines to add",
          "[plan][namespaces]") {
    const Entries range{{0, 100000, 10}};
    struct Case {
        Entries uids;
        Entries gids;
        const char* field;
    };
    for (const Case& entry :
         {Case{{}, range, "uidMappings"}, Case{range, {}, "gidMappings"}, Case{{}, {}, "uidMappings"}}) {
        const Failure failure =
            refusal_of([&] { mappings_of(with_new_user_namespace(entry.uids, entry.gids), root()); });
        CHECK(failure.object == std::string("/linux/") + entry.field);
        CHECK(test::has(failure.reason, entry.field));
        const std::string lines = failure.hint.substr(failure.hint.find('"'));
        const nlohmann::json added = nlohmann::json::parse("{" + lines + "}");
        const nlohmann::json& mapping = added.at(entry.field).at(0);
        CHECK(mapping.at("containerID").is_number_unsigned());
        CHECK(mapping.at("hostID").is_number_unsigned());
        CHECK(mapping.at("size") > 0);
    }
}

TEST_CASE("why a container has no namespace: none is listed, or its path leads to the caller's own",
          "[plan][namespaces]") {
    const plan::MissingNamespace none = plan::plan_namespaces({}).missing(NamespaceType::uts);
    CHECK(none.reason == "/linux/namespaces lists no uts namespace");
    CHECK(none.hint == R"(add { "type": "uts" } to /linux/namespaces)");
    const Namespaces own = plan::plan_namespaces({}, {{NamespaceType::uts, "/proc/1/ns/uts"}});
    CHECK_FALSE(own.has(NamespaceType::uts));
    CHECK(test::has(own.missing(NamespaceType::uts).reason, "(/proc/1/ns/uts) is the one that rt itself runs in"));
    CHECK(test::has(own.missing(NamespaceType::uts).hint, "remove its path"));
    CHECK(own.missing(NamespaceType::ipc).reason == "/linux/namespaces lists no ipc namespace");
}

TEST_CASE("the mappings of a new user namespace are those of the config", "[plan][namespaces]") {
    const UserMappings mappings =
        mappings_of(with_new_user_namespace({{0, 1000, 1}, {1, 100000, 10}}, {{0, 200000, 10}}), root());
    CHECK(mappings.mapped);
    CHECK(mappings.uid_writer.kind == plan::MapWriter::Kind::privileged);
    CHECK_FALSE(mappings.groups_denied);
    CHECK(mappings.uid_to_host(0) == 1000U);
    CHECK(mappings.uid_to_host(10) == 100009U);
    CHECK_FALSE(mappings.uid_to_host(11));
    CHECK(mappings.gid_to_host(9) == 200009U);
    CHECK_FALSE(mappings.gid_to_host(10));
}

TEST_CASE("a wrong mapping is refused in its own list", "[plan][namespaces]") {
    const Entries good{{0, 100000, 10}};
    const Entries overlapping{{0, 100000, 10}, {5, 200000, 10}};
    CHECK(refusal_of([&] { mappings_of(with_new_user_namespace(overlapping, good), root()); }).object ==
          "/linux/uidMappings/1");
    CHECK(refusal_of([&] { mappings_of(with_new_user_namespace(good, overlapping), root()); }).object ==
          "/linux/gidMappings/1");
}

TEST_CASE("mappings without a user namespace are ignored with one warning", "[plan][namespaces]") {
    const Entries range{{0, 100000, 10}};
    const Entries none;
    for (const bool uids : {true, false}) {
        for (const bool gids : {true, false}) {
            spec::Linux section{.namespaces = {{.type = NamespaceType::pid}}};
            section.uid_mappings = uids ? range : none;
            section.gid_mappings = gids ? range : none;
            std::vector<std::string> warnings;
            const UserMappings mappings = mappings_of(section, root(), warnings);
            CHECK_FALSE(mappings.mapped);
            CHECK(mappings.uid_to_host(5) == 5U);
            CHECK(mappings.gid_to_host(4294967294U) == 4294967294U);
            CHECK(warnings.size() == (uids || gids ? 1U : 0U));
        }
    }
}

TEST_CASE("ignored mappings need not even be valid", "[plan][namespaces]") {
    std::vector<std::string> warnings;
    CHECK_NOTHROW(mappings_of({.uid_mappings = {{0, 0, 0}}}, root(), warnings));
}

TEST_CASE("a joined user namespace brings its mappings, and the config may repeat them", "[plan][namespaces]") {
    const host::Facts facts = joining("         0     100000      65536\n", "         0     200000         10\n");
    const Entries none;
    const std::pair<Entries, Entries> configs[] = {
        {{}, {}},
        {{{0, 100000, 65536}}, {{0, 200000, 10}}},
        {{{0, 100000, 65536}}, {}},
        {{}, {{5, 200005, 5}, {0, 200000, 5}}},
        {{{0, 0, 1}}, {{0, 0, 1}}},  // what Podman writes
    };
    for (const auto& [uids, gids] : configs) {
        const UserMappings mappings = mappings_of(with_joined_user_namespace(uids, gids), facts);
        CHECK(mappings.mapped);
        CHECK_FALSE(mappings.groups_denied);
        CHECK(mappings.uid_to_host(65535) == 165535U);
        CHECK(mappings.gid_to_host(9) == 200009U);
        CHECK_FALSE(mappings.gid_to_host(10));
    }
    const host::Facts denied = joining("0 1000 1\n", "0 1000 1\n", true);
    CHECK(mappings_of(with_joined_user_namespace({}, {}), denied).groups_denied);
}

TEST_CASE("mappings that differ from those of the joined namespace are refused with both", "[plan][namespaces]") {
    const host::Facts facts = joining("         0     100000      65536\n", "         0     200000         10\n");
    struct Case {
        Entries uids;
        Entries gids;
        const char* where;
        const char* theirs;
    };
    const Case cases[] = {
        {{{0, 100000, 65535}}, {}, "/linux/uidMappings", "0 100000 65536"},
        {{{0, 100001, 65536}}, {}, "/linux/uidMappings", "0 100000 65536"},
        {{{1, 100001, 65535}}, {}, "/linux/uidMappings", "0 100000 65536"},
        {{{0, 100000, 65536}}, {{0, 200000, 11}}, "/linux/gidMappings", "0 200000 10"},
    };
    for (const Case& entry : cases) {
        const Failure failure =
            refusal_of([&] { mappings_of(with_joined_user_namespace(entry.uids, entry.gids), facts); });
        CHECK(failure.object == entry.where);
        CHECK(test::has(failure.reason, "/ns"));
        CHECK(test::has(failure.reason, entry.theirs));
    }
    const Failure wrong =
        refusal_of([&] { mappings_of(with_joined_user_namespace({{0, 100000, 65536}, {1, 5, 0}}, {}), facts); });
    CHECK(wrong.object == "/linux/uidMappings/1");
}

TEST_CASE("a user namespace that has no mappings yet, or unreadable ones, is not joined", "[plan][namespaces]") {
    const spec::Linux section = with_joined_user_namespace({}, {});
    for (const host::Facts& facts : {joining("", "0 1 1\n"), joining("0 1 1\n", ""), joining("x", "0 1 1\n"), root()}) {
        const Failure failure = refusal_of([&] { mappings_of(section, facts); });
        CHECK(failure.object == "/ns");
    }
}

TEST_CASE("an ordinary user maps one id: the own one, to any id", "[plan][namespaces]") {
    for (const std::uint32_t inside : {0U, 1000U, 65535U}) {
        const UserMappings mappings =
            mappings_of(with_new_user_namespace({{inside, 1000, 1}}, {{inside, 2000, 1}}), user_1000());
        CHECK(mappings.uid_writer.kind == plan::MapWriter::Kind::own_id);
        CHECK(mappings.gid_writer.kind == plan::MapWriter::Kind::own_id);
        // user_namespaces(7): without CAP_SETGID in the parent, setgroups(2) must be denied first.
        CHECK(mappings.groups_denied);
        CHECK(mappings.uid_to_host(inside) == 1000U);
    }
}

TEST_CASE("an ordinary user is refused any other mapping, with the own id to use", "[plan][namespaces]") {
    const Entries own_uid{{0, 1000, 1}};
    const Entries own_gid{{0, 2000, 1}};
    struct Case {
        Entries uids;
        Entries gids;
        const char* where;
        const char* own;
    };
    const Case cases[] = {
        {{{0, 100000, 65536}}, own_gid, "/linux/uidMappings", "1000"},
        {{{0, 1001, 1}}, own_gid, "/linux/uidMappings", "1000"},
        {{{0, 1000, 2}}, own_gid, "/linux/uidMappings", "1000"},
        {{{0, 1000, 1}, {1, 100000, 1}}, own_gid, "/linux/uidMappings", "1000"},
        {{{0, 2000, 1}}, own_gid, "/linux/uidMappings", "1000"},
        {own_uid, {{0, 1000, 1}}, "/linux/gidMappings", "2000"},
        {own_uid, {{0, 2000, 2}}, "/linux/gidMappings", "2000"},
    };
    for (const Case& entry : cases) {
        const Failure failure =
            refusal_of([&] { mappings_of(with_new_user_namespace(entry.uids, entry.gids), user_1000()); });
        CHECK(failure.object == entry.where);
        CHECK(test::has(failure.reason, entry.own));
        CHECK_FALSE(failure.hint.empty());
    }
}

TEST_CASE("any mapping needs both CAP_SETUID and CAP_SETGID", "[plan][namespaces]") {
    const spec::Linux section = with_new_user_namespace({{0, 100000, 10}}, {{0, 100000, 10}});
    host::Facts facts = user_1000();
    facts.capabilities = setgid_and_setuid;
    CHECK(mappings_of(section, facts).gid_writer.kind == plan::MapWriter::Kind::privileged);
    for (const std::uint64_t one : {1U << 6, 1U << 7}) {
        facts.capabilities = ~std::uint64_t{0} & ~one;
        CHECK(refusal_of([&] { mappings_of(section, facts); }).object == "/linux/uidMappings");
    }
}

TEST_CASE("without a user namespace of its own, a container has the ids and the groups rule of the caller's",
          "[plan][namespaces]") {
    CHECK(mappings_of({}, root()).uid_to_host(4000000000) == 4000000000);
    host::Facts facts = root();
    facts.initial_user_namespace = false;
    facts.own_user_namespace = host::UserNamespaceMaps{"0 1000 1\n5 100000 10\n", "0 1000 1\n", true};
    const UserMappings mappings = mappings_of({}, facts);
    CHECK_FALSE(mappings.mapped);
    CHECK(mappings.groups_denied);
    CHECK(mappings.uid_to_host(0) == 0);
    CHECK(mappings.uid_to_host(14) == 14);
    CHECK_FALSE(mappings.uid_to_host(1));
    CHECK_FALSE(mappings.uid_to_host(15));
    CHECK_FALSE(mappings.gid_to_host(5));
    // user_namespaces(7): denied in all user namespaces below as well.
    CHECK(mappings_of(with_new_user_namespace({{0, 5, 1}}, {{0, 0, 1}}), facts).groups_denied);
    facts.own_user_namespace->groups_denied = false;
    CHECK_FALSE(mappings_of(with_new_user_namespace({{0, 5, 1}}, {{0, 0, 1}}), facts).groups_denied);
}
