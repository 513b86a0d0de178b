#include <linux/capability.h>
#include <linux/seccomp.h>

#include <algorithm>

#include "catch.hpp"
#include "rt/analysis/explanation.hpp"
#include "rt/spec/spec.hpp"

using namespace rt;

namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

analysis::NamespaceEntry name_space(NamespaceType type, std::uint64_t inode, bool own) {
    return {.facts = {.type = type, .inode = inode, .own = own}};
}

// A container with a user namespace, of whose config the fields that matter here say what it has.
struct Container {
    spec::Spec spec;
    analysis::Explanation actual;
    analysis::Surroundings around;

    Container() {
        const std::vector<spec::IdMapping> map{{.container_id = 0, .host_id = 100000, .size = 1000}};
        spec.linux.namespaces = {{.type = NamespaceType::user, .path = {}}, {.type = NamespaceType::mount, .path = {}}};
        spec.linux.uid_mappings = spec.linux.gid_mappings = map;
        spec.root = {.path = "rootfs", .readonly = true};
        spec.mounts = {{.destination = "/proc", .type = "proc", .source = "proc", .options = {"nosuid"}}};
        spec.linux.masked_paths = {"/proc/keys", "/proc/absent"};
        spec.linux.readonly_paths = {"/proc/sys"};
        spec::Process process;
        process.capabilities = spec::Capabilities{.effective = {"CAP_KILL"},
                                                  .bounding = {"CAP_KILL"},
                                                  .inheritable = {},
                                                  .permitted = {"CAP_KILL"},
                                                  .ambient = {}};
        process.rlimits = {{.type = "RLIMIT_NOFILE", .soft = 10, .hard = 20}};
        process.oom_score_adj = 5;
        process.user.additional_gids = {7, 8};
        spec.process = process;
        actual.status = plan::Status::running;
        actual.process = {.uid = 100000, .gid = 100000, .groups = {100008, 100007}};
        actual.process.capabilities = {
            .bounding = bit(CAP_KILL), .permitted = bit(CAP_KILL), .effective = bit(CAP_KILL)};
        actual.process.limits = {{.resource = RLIMIT_NOFILE, .soft = 10, .hard = 20}};
        actual.process.oom_score_adj = 5;
        actual.mappings.uids = actual.mappings.gids = plan::IdMappings::validate(map, JsonPointer());
        actual.namespaces.entries = {name_space(NamespaceType::user, 1, false),
                                     name_space(NamespaceType::mount, 2, false),
                                     name_space(NamespaceType::network, 3, true)};
        actual.mounts = {
            {.id = 1, .parent = 0, .root = "/", .mount_point = "/", .options = {"ro"}, .type = "ext4"},
            {.id = 2, .parent = 1, .root = "/", .mount_point = "/proc", .options = {"rw", "nosuid"}, .type = "proc"},
            {.id = 3, .parent = 2, .root = "/null", .mount_point = "/proc/keys", .options = {"rw"}, .type = "devtmpfs"},
            {.id = 4, .parent = 2, .root = "/sys", .mount_point = "/proc/sys", .options = {"ro"}, .type = "proc"}};
        around.paths = {{"/", {.exists = true, .mount = 1, .mount_root = true}},
                        {"/proc", {.exists = true, .mount = 2, .mount_root = true}},
                        {"/proc/keys", {.exists = true, .mount = 3, .mount_root = true}},
                        {"/proc/absent", {}},
                        {"/proc/sys", {.exists = true, .mount = 4, .mount_root = true}}};
    }

    // "PLACE|CONFIG|ACTUAL" of each.
    std::vector<std::string> found() const {
        std::vector<std::string> lines;
        for (const analysis::Difference& difference : analysis::differences(spec, actual, around))
            lines.push_back(difference.place + "|" + difference.config + "|" + difference.actual);
        return lines;
    }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a container that is as its config says has no differences", "[analysis]") {
    CHECK(Container().found().empty());
    Container waiting;
    waiting.actual.status = plan::Status::created;
    waiting.actual.process.capabilities = {};
    waiting.spec.linux.seccomp.emplace();
    CHECK(waiting.found().empty());
}

TEST_CASE("what the process has otherwise is told with its place", "[analysis]") {
    Container container;
    auto& process = container.actual.process;
    SECTION("ids") {
        process.uid = 100033;
        process.gid = 5;
        process.groups = {100008};
        CHECK(container.found() ==
              Lines{"/process/user/uid|0|33", "/process/user/gid|0|not mapped", "/process/user/additionalGids|7 8|8"});
    }
    SECTION("capabilities") {
        process.capabilities.bounding = 0;
        process.capabilities.ambient = bit(CAP_SYS_ADMIN);
        CHECK(container.found() ==
              Lines{"/process/capabilities/bounding|CAP_KILL|", "/process/capabilities/ambient||CAP_SYS_ADMIN"});
    }
    SECTION("none are configured") {
        container.spec.process->capabilities.reset();
        CHECK(container.found() == Lines{"/process/capabilities/bounding||CAP_KILL",
                                         "/process/capabilities/permitted||CAP_KILL",
                                         "/process/capabilities/effective||CAP_KILL"});
    }
    SECTION("the rest") {
        process.no_new_privileges = true;
        process.oom_score_adj = 6;
        process.limits[0].hard = RLIM_INFINITY;
        process.apparmor = "other (enforce)";
        container.spec.process->apparmor_profile = "mine";
        CHECK(container.found() == Lines{"/process/noNewPrivileges|false|true", "/process/oomScoreAdj|5|6",
                                         "/process/rlimits/0|RLIMIT_NOFILE 10 20|RLIMIT_NOFILE 10 unlimited",
                                         "/process/apparmorProfile|mine|other"});
    }
    SECTION("a filter too many, a filter too few") {
        process.seccomp_mode = SECCOMP_MODE_FILTER;
        CHECK(container.found() == Lines{"/linux/seccomp||a filter"});
        container.spec.linux.seccomp.emplace();
        CHECK(container.found().empty());
        process.seccomp_mode = SECCOMP_MODE_DISABLED;
        CHECK(container.found() == Lines{"/linux/seccomp|a filter|"});
    }
}

TEST_CASE("what execve(2) does to capabilities is the reason that is given", "[analysis]") {
    Container container;
    auto& sets = container.actual.process.capabilities;
    sets.bounding = sets.permitted = sets.effective = bit(CAP_KILL) | bit(CAP_CHOWN);
    container.spec.process->capabilities->bounding = {"CAP_KILL", "CAP_CHOWN"};
    const auto differences = analysis::differences(container.spec, container.actual, container.around);
    REQUIRE(differences.size() == 2);
    CHECK(differences[0].place == "/process/capabilities/permitted");
    CHECK(differences[0].actual == "CAP_CHOWN");
    CHECK(differences[0].reason.find("bounding set") != std::string::npos);
}

TEST_CASE("other namespaces and mappings are told", "[analysis]") {
    Container container;
    auto& entries = container.actual.namespaces.entries;
    SECTION("shared, and not shared") {
        entries[1].facts.own = true;
        entries[2].facts.own = false;
        CHECK(container.found() ==
              Lines{"/linux/namespaces/1|mount: its own|that of rt", "/linux/namespaces||network: its own"});
    }
    SECTION("joined by path") {
        container.spec.linux.namespaces[1].path = "/run/ns";
        CHECK(container.found().empty());
        container.around.named_namespaces = {{NamespaceType::mount, 2}};
        CHECK(container.found().empty());
        container.around.named_namespaces = {{NamespaceType::mount, 9}};
        CHECK(container.found() == Lines{"/linux/namespaces/1/path|mount 9|mount 2"});
    }
    SECTION("another mapping; the same one in pieces") {
        container.spec.linux.gid_mappings = {{.container_id = 500, .host_id = 100500, .size = 500},
                                             {.container_id = 0, .host_id = 100000, .size = 500}};
        CHECK(container.found().empty());
        container.spec.linux.gid_mappings[0].host_id = 200000;
        CHECK(container.found() == Lines{"/linux/gidMappings|500:200000:500,0:100000:500|0:100000:1000"});
    }
}

TEST_CASE("mounts that are not as the config has them are told", "[analysis]") {
    Container container;
    auto& mounts = container.actual.mounts;
    SECTION("gone") {
        container.around.paths["/proc"].mount_root = false;
        CHECK(container.found() == Lines{"/mounts/0|a mount on /proc|"});
    }
    SECTION("another type, without an attribute, with one that was cleared, id-mapped") {
        container.spec.mounts[0].options = {"nosuid", "exec"};
        mounts[1].type = "tmpfs";
        mounts[1].options = {"rw", "noexec", "idmapped"};
        CHECK(container.found() == Lines{"/mounts/0/type|proc|tmpfs", "/mounts/0/options|nosuid|",
                                         "/mounts/0/options||noexec", "/mounts/0|not id-mapped|id-mapped"});
    }
    SECTION("writable, in sight") {
        mounts[0].options = {"rw"};
        mounts[3].options = {"rw"};
        container.around.paths["/proc/keys"].mount_root = false;
        CHECK(container.found() == Lines{"/root/readonly|read-only|writable",
                                         "/linux/maskedPaths/0|/proc/keys|in sight",
                                         "/linux/readonlyPaths/0|/proc/sys|writable"});
    }
    SECTION("one more, but for devices and what is covered") {
        mounts.push_back(
            {.id = 5, .parent = 1, .root = "/", .mount_point = "/data", .options = {"rw"}, .type = "tmpfs"});
        mounts.push_back(
            {.id = 6, .parent = 1, .root = "/", .mount_point = "/dev/null", .options = {"rw"}, .type = "devtmpfs"});
        mounts.push_back(
            {.id = 7, .parent = 5, .root = "/", .mount_point = "/data", .options = {"rw"}, .type = "ext4"});
        CHECK(container.found() == Lines{"/mounts||ext4 on /data"});
    }
    SECTION("a mount that a later one covers is not looked for") {
        container.spec.mounts.insert(container.spec.mounts.begin(),
                                     {.destination = "/proc", .type = "tmpfs", .source = "x", .options = {}});
        CHECK(container.found().empty());
    }
}
