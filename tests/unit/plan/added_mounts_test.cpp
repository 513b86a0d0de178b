#include "rt/plan/added_mounts.hpp"

#include <linux/capability.h>
#include <sched.h>

#include "catch.hpp"
#include "refusal.hpp"

using namespace rt;

namespace {

spec::Spec container() {
    spec::Spec spec;
    spec.root.path = "rootfs";
    return spec;
}

plan::ExecTarget target() {
    plan::ExecTarget target;
    target.state.id = "web1";
    target.state.pid = 42;
    target.state.bundle = "/srv/web1";
    target.own_namespaces = {NamespaceType::pid, NamespaceType::mount, NamespaceType::network};
    return target;
}

host::Facts facts_with(std::uint64_t capabilities) {
    host::Facts facts;
    facts.initial_user_namespace = true;
    facts.known_capabilities = (std::uint64_t{1} << (CAP_LAST_CAP + 1)) - 1;
    facts.capabilities = capabilities;
    return facts;
}

const host::Facts root = facts_with((std::uint64_t{1} << (CAP_LAST_CAP + 1)) - 1);
const spec::Mount bind{.destination = "/data", .type = "bind", .source = "/srv/data", .options = {"bind"}};
const spec::Mount memory{.destination = "/memory", .type = "tmpfs", .source = "tmpfs", .options = {}};

plan::AddedMounts planned(std::vector<spec::Mount> mounts, const plan::ExecTarget& into = target(),
                          const host::Facts& facts = root) {
    return plan::plan_added_mounts(container(), std::move(mounts), into, facts);
}

std::string reason_of(std::vector<spec::Mount> mounts, const plan::ExecTarget& into = target(),
                      const host::Facts& facts = root) {
    return test::refusal_of([&] { planned(std::move(mounts), into, facts); }).reason;
}

}  // namespace

TEST_CASE("mounts for a running container are those of config.json", "[plan][mounts]") {
    const plan::AddedMounts added = planned({bind, memory});
    REQUIRE(added.rootfs.mounts.size() == 2);
    CHECK(added.rootfs.path == "/srv/web1/rootfs");
    CHECK(added.rootfs.mounts[0].opened_by_runtime);
    CHECK_FALSE(added.rootfs.mounts[1].opened_by_runtime);
    // The pid namespace of the caller never changes.
    CHECK(added.namespaces == (CLONE_NEWNS | CLONE_NEWNET));
}

TEST_CASE("a source in the rootfs is looked up inside of it", "[plan][mounts]") {
    spec::Mount inside = bind;
    inside.source = "rootfs/etc";
    CHECK(planned({inside}).rootfs.mounts[0].kind == plan::MountKind::bind_in_rootfs);
    inside.options.emplace_back("idmap");
    inside.uid_mappings = inside.gid_mappings = {{.container_id = 0, .host_id = 5, .size = 1}};
    CHECK(test::has(reason_of({inside}), "only bind mounts of the host can be id-mapped"));
}

TEST_CASE("what only create can mount is refused", "[plan][mounts]") {
    const auto of_type = [](const char* type) {
        return spec::Mount{.destination = "/there", .type = type, .source = type, .options = {}};
    };
    CHECK(test::has(reason_of({of_type("proc")}), "the processes of the caller"));
    CHECK(test::has(reason_of({memory, of_type("cgroup")}), "by create only"));
    CHECK(test::has(reason_of({of_type("overlay")}), "'overlay' is made by create only"));
    spec::Mount changed = memory;
    changed.options = {"remount", "ro"};
    CHECK(test::has(reason_of({changed}), "makes no mount"));
    // Its own namespace of processes is what rt is not in.
    plan::ExecTarget same_pids = target();
    same_pids.own_namespaces = {NamespaceType::mount};
    CHECK(planned({of_type("proc")}, same_pids).rootfs.mounts.size() == 1);
}

TEST_CASE("mounts of the host take the right to clone them", "[plan][mounts]") {
    const host::Facts nobody = facts_with(0);
    CHECK(test::has(reason_of({bind}, target(), nobody), "CAP_SYS_ADMIN"));
    CHECK(planned({memory}, target(), nobody).rootfs.mounts.size() == 1);
}

TEST_CASE("without a mount namespace nothing is mounted", "[plan][mounts]") {
    plan::ExecTarget bare = target();
    bare.own_namespaces = {NamespaceType::pid};
    CHECK(test::has(reason_of({memory}, bare), "no mount namespace of its own"));
}

TEST_CASE("mounts are taken away by their destinations", "[plan][mounts]") {
    spec::Mount relative = memory;
    relative.destination = "a//b/";
    CHECK(plan::plan_removed_mounts({bind, relative}) == std::vector<std::string>{"/data", "/a/b"});
    spec::Mount top = memory;
    top.destination = "/./";
    CHECK(test::has(test::refusal_of([&] { plan::plan_removed_mounts({bind, top}); }).object, "/mounts/1"));
}
