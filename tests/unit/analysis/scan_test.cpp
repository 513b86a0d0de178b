#include "rt/analysis/scan.hpp"

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/analysis/scan_report.hpp"
#include "rt/analysis/scan_trees.hpp"

using namespace rt;

namespace {

plan::IdMappings mapping(std::uint32_t container, std::uint32_t host, std::uint32_t size) {
    return plan::IdMappings::validate({{.container_id = container, .host_id = host, .size = size}}, JsonPointer());
}

// The container's 0-999 are 100000-100999 of the host.
const analysis::TreeIds plain{
    .container = {.own = false, .uids = mapping(0, 100000, 1000), .gids = mapping(0, 100000, 1000)}, .mount = {}};

analysis::TreeIds id_mapped() {
    analysis::TreeIds ids = plain;
    ids.mount = plan::MountIdMapping{.uids = plain.container.uids, .gids = plain.container.gids};
    return ids;
}

analysis::FileVerdict judge(const analysis::TreeIds& ids, std::uint32_t mode, std::uint32_t uid, std::uint32_t gid,
                            std::optional<std::uint32_t> capability_root = {}) {
    return analysis::judge({.mode = mode, .uid = uid, .gid = gid, .capability_root = capability_root}, ids);
}

analysis::ScannedDirectory& add(analysis::ScannedDirectory& parent, const char* name, analysis::ScanCounts own) {
    parent.children.push_back(std::make_unique<analysis::ScannedDirectory>());
    analysis::ScannedDirectory& child = *parent.children.back();
    child.name = name;
    child.parent = &parent;
    child.own = own;
    return child;
}

std::vector<analysis::Fix> fixes_of(const analysis::ScanTree& tree, std::size_t entries, std::size_t unmapped,
                                    analysis::UnmappedOwners owners) {
    analysis::ScannedTree scanned{.tree = tree, .result = {}};
    scanned.result.top.own = {.entries = entries, .found = unmapped, .unmapped = unmapped};
    scanned.result.owners = std::move(owners);
    return analysis::fixes(scanned);
}

constexpr auto uid = analysis::IdKind::uid;
constexpr auto gid = analysis::IdKind::gid;

}  // namespace

TEST_CASE("a file shows as nobody when one of its ids is not mapped", "[analysis]") {
    CHECK(judge(plain, S_IFREG | 0644, 100000, 100999).nothing());
    CHECK(judge(plain, S_IFREG | 0644, 0, 100000).uid_unmapped);
    CHECK_FALSE(judge(plain, S_IFREG | 0644, 0, 100000).gid_unmapped);
    CHECK(judge(plain, S_IFLNK | 0777, 100000, 101000).gid_unmapped);
    CHECK(judge({.container = {.own = true}, .mount = {}}, S_IFREG, 5, 5).nothing());
}

TEST_CASE("behind an id-mapped mount the ids of the disk are those of the container", "[analysis]") {
    CHECK(judge(id_mapped(), S_IFREG | 0644, 0, 999).nothing());
    CHECK(judge(id_mapped(), S_IFREG | 0644, 100000, 0).uid_unmapped);
    CHECK(judge(id_mapped(), S_IFREG | 0644, 0, 1000).gid_unmapped);
    analysis::TreeIds other = plain;  // what the disk has as 7 is the container's 5
    other.mount = plan::MountIdMapping{.uids = mapping(7, 100005, 1), .gids = mapping(7, 200000, 1)};
    CHECK_FALSE(judge(other, S_IFREG, 7, 7).uid_unmapped);
    CHECK(judge(other, S_IFREG, 7, 7).gid_unmapped);
}

TEST_CASE("set-uid and set-gid ask for both ids", "[analysis]") {
    CHECK(judge(plain, S_IFREG | 04755, 0, 100000).set_id_lost);
    CHECK(judge(plain, S_IFREG | 04755, 100000, 0).set_id_lost);
    CHECK(judge(plain, S_IFREG | 02755, 0, 100000).set_id_lost);
    CHECK_FALSE(judge(plain, S_IFREG | 02644, 0, 0).set_id_lost);  // mandatory locking, once
    CHECK_FALSE(judge(plain, S_IFDIR | 02755, 0, 0).set_id_lost);
    CHECK_FALSE(judge(plain, S_IFREG | 06755, 100000, 100000).set_id_lost);
}

TEST_CASE("file capabilities count for the root whose id they have, and the machine's", "[analysis]") {
    CHECK_FALSE(judge(plain, S_IFREG | 0755, 100000, 100000, 0).capability_lost);
    CHECK_FALSE(judge(plain, S_IFREG | 0755, 100000, 100000, 100000).capability_lost);
    CHECK(judge(plain, S_IFREG | 0755, 100000, 100000, 100001).capability_lost);
    CHECK(judge(plain, S_IFREG | 0755, 100000, 100000, 1000).capability_lost);
    CHECK_FALSE(judge(id_mapped(), S_IFREG | 0755, 0, 0, 0).capability_lost);
    CHECK(judge(id_mapped(), S_IFREG | 0755, 0, 0, 100000).capability_lost);
}

TEST_CASE("the attribute of file capabilities is read in its three forms", "[analysis]") {
    // capabilities(7), linux/capability.h: a magic with the revision in its highest byte, pairs of sets, and a root id.
    const auto attribute = [](unsigned char revision, std::size_t size) {
        std::string bytes(size, '\0');
        bytes[3] = static_cast<char>(revision);
        return bytes;
    };
    CHECK(analysis::capability_root(attribute(1, 12)) == 0U);
    CHECK(analysis::capability_root(attribute(2, 20)) == 0U);
    std::string third = attribute(3, 24);
    third.replace(20, 4, std::string("\xa0\x86\x01\x00", 4));
    CHECK(analysis::capability_root(third) == 100000U);
    CHECK_FALSE(analysis::capability_root(attribute(3, 20)));
    CHECK_FALSE(analysis::capability_root(attribute(4, 24)));
    CHECK_FALSE(analysis::capability_root("x"));
}

TEST_CASE("the topmost directories in which nearly everything is found explain it", "[analysis]") {
    analysis::ScannedDirectory top;
    top.own = {.entries = 2};
    auto& var = add(top, "var", {.entries = 1});
    auto& www = add(var, "www", {.entries = 9, .found = 8, .unmapped = 8});
    add(www, "deep", {.entries = 91, .found = 91, .unmapped = 91});
    add(var, "log", {.entries = 50, .found = 2, .unmapped = 2});
    add(top, "etc", {.entries = 40});
    CHECK(analysis::culprits(top) ==
          std::vector<analysis::Culprit>{
              {.path = "/var/www", .counts = {.entries = 100, .found = 99, .unmapped = 99}, .below = true},
              {.path = "/var/log", .counts = {.entries = 50, .found = 2, .unmapped = 2}, .below = false}});
    analysis::ScannedDirectory all;
    all.own = {.entries = 1, .found = 1, .unmapped = 1};
    add(all, "a", {.entries = 5, .found = 5, .unmapped = 5});
    REQUIRE(analysis::culprits(all).size() == 1);
    CHECK(analysis::culprits(all)[0].path == "/");
    CHECK(analysis::culprits(all)[0].counts.entries == 6);
    analysis::ScannedDirectory good;
    good.own = {.entries = 3};
    CHECK(analysis::culprits(good).empty());
}

TEST_CASE("an image with its own ids is to be id-mapped, or changed owner by owner", "[analysis]") {
    const analysis::ScanTree rootfs{
        .name = "rootfs", .path = "/srv/a b", .ids = plain, .with_mounts_below = true, .is_rootfs = true};
    const auto found = fixes_of(rootfs, 10, 10, {{{uid, 33}, 2}, {{uid, 0}, 8}, {{gid, 0}, 3}});
    REQUIRE(found.size() == 4);
    CHECK(found[0].kind == "idmap");
    CHECK(found[0].text.find("--idmap-rootfs") != std::string::npos);
    CHECK(found[1] == analysis::Fix{"chown", "find '/srv/a b' -uid 0 -exec chown -h 100000 {} +"});
    CHECK(found[2] == analysis::Fix{"chown", "find '/srv/a b' -gid 0 -exec chgrp -h 100000 {} +"});
    CHECK(found[3] == analysis::Fix{"chown", "find '/srv/a b' -uid 33 -exec chown -h 100033 {} +"});
}

TEST_CASE("a few files of others ask for a command or a range, not for an id-mapped mount", "[analysis]") {
    const analysis::ScanTree data{.name = "mount 1", .path = "/it's", .ids = plain};
    CHECK(fixes_of(data, 100, 1, {{{uid, 5}, 1}}) ==
          std::vector<analysis::Fix>{{"chown", "find '/it'\\''s' -xdev -uid 5 -exec chown -h 100005 {} +"}});
    CHECK(fixes_of(data, 100, 90, {{{gid, 1000}, 90}}) ==
          std::vector<analysis::Fix>{
              {"range", R"(add to /linux/gidMappings: { "containerID": 1000, "hostID": 1000, "size": 1 })"}});
    analysis::ScanTree mapped = data;
    mapped.ids = id_mapped();
    CHECK(fixes_of(mapped, 100, 100, {{{uid, 2000}, 100}}) ==
          std::vector<analysis::Fix>{{"range", "map the container's id 2000 in /linux/uidMappings"}});
}

TEST_CASE("a range that is to be added takes an id that is free in the container", "[analysis]") {
    analysis::ScanTree data{.name = "mount 1", .path = "/data", .ids = plain};
    data.ids.container.uids = plan::IdMappings::validate({{.container_id = 1500, .host_id = 7, .size = 1},
                                                          {.container_id = 1, .host_id = 200000, .size = 999},
                                                          {.container_id = 0, .host_id = 100, .size = 1}},
                                                         JsonPointer());
    const auto found = fixes_of(data, 10, 1, {{{uid, 1500}, 1}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == "chown");  // 1500 is an id of the container
    CHECK(fixes_of(data, 10, 1, {{{uid, 3000}, 1}})[0].text ==
          R"(add to /linux/uidMappings: { "containerID": 3000, "hostID": 3000, "size": 1 })");
}

TEST_CASE("the trees of a bundle are its rootfs and its bind mounts", "[analysis]") {
    spec::Spec spec;
    spec.root.path = "rootfs";
    spec.mounts = {{.destination = "/proc", .type = "proc", .source = "proc"},
                   {.destination = "/a", .type = "bind", .source = "data"},
                   {.destination = "/b", .source = "/srv/b", .options = {"rbind", "ridmap"}},
                   {.destination = "/c",
                    .source = "/srv/c",
                    .options = {"bind"},
                    .uid_mappings = {{.container_id = 5, .host_id = 100000, .size = 1}},
                    .gid_mappings = {{.container_id = 6, .host_id = 100000, .size = 1}}}};
    const auto trees = analysis::trees_of(spec, "/bundle", plain.container, false);
    REQUIRE(trees.size() == 4);
    CHECK(trees[0].path == "/bundle/rootfs");
    CHECK(trees[0].is_rootfs);
    CHECK_FALSE(trees[0].ids.mount);
    CHECK(trees[1].path == "/bundle/data");
    CHECK(trees[1].name == "mount 1 (bind on /a)");
    CHECK_FALSE(trees[1].with_mounts_below);
    CHECK(trees[2].with_mounts_below);
    REQUIRE(trees[2].ids.mount);
    CHECK(trees[2].ids.mount->recursive);
    CHECK(trees[2].ids.maps_uid(0));
    REQUIRE(trees[3].ids.mount);
    CHECK(trees[3].ids.maps_uid(5));
    CHECK_FALSE(trees[3].ids.maps_uid(6));
    CHECK(trees[3].ids.maps_gid(6));
    CHECK(analysis::trees_of(spec, "/", plain.container, true)[0].ids.mount);
    spec.annotations["org.rt.root.idmap"] = "ridmap";
    CHECK(analysis::trees_of(spec, "/", plain.container, false)[0].ids.mount->recursive);
    spec.annotations["org.rt.root.idmap"] = "false";
    CHECK_FALSE(analysis::trees_of(spec, "/", plain.container, false)[0].ids.mount);
}

TEST_CASE("what was found is told in words and as JSON", "[analysis]") {
    std::vector<analysis::ScannedTree> scanned(2);
    scanned[0].tree = {.name = "rootfs", .path = "/srv", .ids = plain};
    scanned[0].result.top.own = {.entries = 10, .found = 3, .unmapped = 2, .set_id = 1, .capabilities = 1};
    scanned[0].result.owners = {{{uid, 3000}, 2}, {{gid, 7}, 5}};
    scanned[1].tree = {.name = "mount 2", .path = "/sys", .ids = plain};
    scanned[1].result.skipped = "it is of the kernel";
    CHECK(analysis::headline(scanned[0]) ==
          "rootfs, /srv: 10 files, 2 show as nobody, 1 set-uid or set-gid bits have no effect, the capabilities of 1 "
          "have "
          "no effect");
    CHECK(analysis::owners_line(scanned[0]) == "not mapped: gid 7 (5), uid 3000 (2)");
    CHECK(analysis::headline(scanned[1]) == "mount 2, /sys: not looked at: it is of the kernel");
    CHECK(scanned[0].has_findings());
    CHECK_FALSE(scanned[1].has_findings());
    using Row = std::vector<std::string>;
    CHECK(analysis::culprit_rows(scanned[0])[1] == Row{"2", "1", "1", "10", "/srv (not below)"});
    const auto document = nlohmann::json::parse(analysis::scan_json(scanned));
    CHECK(document["trees"][0]["directories"] ==
          nlohmann::json::parse(
              R"([{"path": "/srv", "below": false, "entries": 10, "unmapped": 2, "setId": 1, "capabilities": 1}])"));
    CHECK(document["trees"][0]["owners"][0] == nlohmann::json::parse(R"({"kind": "uid", "id": 3000, "count": 2})"));
    CHECK(document["trees"][0]["fixes"].size() == 2);
    CHECK(document["trees"][0]["unreadable"] == 0);
    CHECK(document["trees"][1] ==
          nlohmann::json::parse(
              R"({"name": "mount 2", "path": "/sys", "idMapped": false, "skipped": "it is of the kernel"})"));
}
