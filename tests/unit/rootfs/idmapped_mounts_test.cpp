#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/mounts.hpp"

using namespace rt;
using plan::MountKind;

namespace {

const std::vector<spec::IdMapping> own_range{{.container_id = 7, .host_id = 70, .size = 3}};

plan::MountCircumstances circumstances(bool user_namespace, bool privileged = true) {
    plan::MountCircumstances facts{.bundle = "/b",
                                   .rootfs_path = "/b/rootfs",
                                   .user_namespace = user_namespace,
                                   .trees_by_runtime = privileged,
                                   .own_pid_namespace = true,
                                   .own_ipc_namespace = true,
                                   .own_network_namespace = true,
                                   .initial_user_namespace = true,
                                   .makes_devices = privileged};
    if (!user_namespace) return facts;
    facts.mappings.mapped = true;
    facts.mappings.uids =
        plan::IdMappings::validate({{.container_id = 0, .host_id = 100000, .size = 100}}, JsonPointer("/u"));
    facts.mappings.gids =
        plan::IdMappings::validate({{.container_id = 0, .host_id = 200000, .size = 100}}, JsonPointer("/g"));
    return facts;
}

spec::Mount bind_with(const std::vector<std::string>& options) {
    spec::Mount mount{.destination = "/d", .type = "none", .source = "/s", .options = {"rbind"}};
    mount.options.insert(mount.options.end(), options.begin(), options.end());
    return mount;
}

spec::Mount with_own_mapping(spec::Mount mount) {
    mount.uid_mappings = own_range;
    mount.gid_mappings = own_range;
    return mount;
}

plan::Mount planned(const spec::Mount& mount, const plan::MountCircumstances& facts) {
    std::vector<std::string> warnings;
    return plan::plan_mounts({mount}, facts, warnings).front();
}

std::string mapping_text(const plan::Mount& mount) {
    if (!mount.id_mapping) return "none";
    return mount.id_mapping->uids.to_proc_text() + " | " + mount.id_mapping->gids.to_proc_text() +
           (mount.id_mapping->recursive ? " | recursive" : "");
}

Failure refusal_of(const spec::Mount& mount, const plan::MountCircumstances& facts) {
    return test::refusal_of([&] { planned(mount, facts); });
}

}  // namespace

TEST_CASE("the mapping of a mount: its own, or that of the container, or none", "[plan][mounts][idmap]") {
    const std::string own = "7 70 3 | 7 70 3";
    const std::string container = "0 100000 100 | 0 200000 100";
    struct Row {
        spec::Mount mount;
        std::string in_user_namespace;
        std::string without;  // empty: refused
    };
    const std::vector<Row> rows{
        {bind_with({}), "none", "none"},
        {bind_with({"idmap"}), container, ""},
        {bind_with({"ridmap"}), container + " | recursive", ""},
        {bind_with({"idmap", "ridmap"}), container + " | recursive", ""},
        {bind_with({"ridmap", "idmap"}), container + " | recursive", ""},
        {with_own_mapping(bind_with({})), own, own},
        {with_own_mapping(bind_with({"idmap"})), own, own},
        {with_own_mapping(bind_with({"ridmap"})), own + " | recursive", own + " | recursive"},
        {with_own_mapping({.destination = "/d", .type = "tmpfs"}), own, own},
        {{.destination = "/d", .type = "tmpfs", .options = {"idmap"}}, container, ""},
        {{.destination = "/d", .type = "ext4", .source = "/dev/x", .options = {"idmap"}}, container, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.mount.type, row.mount.options, row.mount.uid_mappings.size());
        CHECK(mapping_text(planned(row.mount, circumstances(true))) == row.in_user_namespace);
        if (!row.without.empty()) {
            CHECK(mapping_text(planned(row.mount, circumstances(false))) == row.without);
            continue;
        }
        const Failure failure = refusal_of(row.mount, circumstances(false));  // A1
        CHECK(failure.object == "/mounts/0");
        CHECK(failure.reason.find("no user namespace") != std::string::npos);
        CHECK(failure.hint.find("uidMappings") != std::string::npos);
    }
}

TEST_CASE("uidMappings and gidMappings of a mount stand together, and are valid", "[plan][mounts][idmap]") {
    const auto refused = [](std::vector<spec::IdMapping> uids, std::vector<spec::IdMapping> gids) {
        spec::Mount mount = bind_with({"idmap"});
        mount.uid_mappings = std::move(uids);
        mount.gid_mappings = std::move(gids);
        return refusal_of(mount, circumstances(true));
    };
    CHECK(refused(own_range, {}).object == "/mounts/0/uidMappings");
    CHECK(refused(own_range, {}).reason.find("gidMappings is missing") != std::string::npos);
    CHECK(refused({}, own_range).object == "/mounts/0/gidMappings");
    CHECK(refused({{.container_id = 0, .host_id = 0, .size = 0}}, own_range).object == "/mounts/0/uidMappings/0");
    CHECK(refused(own_range, {{.container_id = 0, .host_id = 4294967295U, .size = 1}}).object ==
          "/mounts/0/gidMappings/0");
}

TEST_CASE("what can have no mapping, and who cannot give one", "[plan][mounts][idmap]") {
    for (const char* type : {"proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"}) {
        CAPTURE(type);
        const spec::Mount mount{.destination = "/d", .type = type, .options = {"idmap"}};
        CHECK(refusal_of(mount, circumstances(true)).reason.find("ids of a namespace") != std::string::npos);
    }
    const Failure unprivileged = refusal_of(bind_with({"idmap"}), circumstances(true, false));
    CHECK(unprivileged.reason.find("CAP_SYS_ADMIN") != std::string::npos);
    const Failure value = refusal_of(bind_with({"ro", "ridmap=uids=0-1-2"}), circumstances(true));
    CHECK(value.object == "/mounts/0/options/2");
    CHECK(value.hint.find("uidMappings") != std::string::npos);
}

TEST_CASE("an id-mapped file system is made outside of the user namespace, with its own ids", "[plan][mounts][idmap]") {
    const plan::MountCircumstances facts = circumstances(true);
    const plan::Mount tmpfs = planned({.destination = "/d", .type = "tmpfs", .options = {"idmap", "uid=70000"}}, facts);
    CHECK(tmpfs.kind == MountKind::filesystem);
    CHECK(tmpfs.data.front().value == "70000");  // does not exist in the container, and need not
    CHECK(tmpfs.refusal_reason.empty());
    CHECK_FALSE(planned({.destination = "/d", .type = "ext4"}, facts).refusal_reason.empty());
    CHECK(planned({.destination = "/dev", .type = "tmpfs"}, facts).kind == MountKind::device_tmpfs);
    CHECK(planned({.destination = "/dev", .type = "tmpfs", .options = {"idmap"}}, facts).kind == MountKind::filesystem);
}
