#include <linux/mount.h>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/plan/rootfs.hpp"

using namespace rt;
using plan::MountKind;

namespace {

plan::MountCircumstances on_host() {
    return {.bundle = "/b",
            .rootfs_path = "/b/rootfs",
            .trees_by_runtime = true,
            .own_pid_namespace = true,
            .own_ipc_namespace = true,
            .own_network_namespace = true,
            .initial_user_namespace = true,
            .makes_devices = true};
}

plan::MountCircumstances in_user_namespace() {
    plan::MountCircumstances circumstances = on_host();
    circumstances.user_namespace = true;
    circumstances.mappings.mapped = true;
    const std::vector<spec::IdMapping> range{{.container_id = 0, .host_id = 100000, .size = 100}};
    circumstances.mappings.uids = plan::IdMappings::validate(range, JsonPointer("/linux/uidMappings"));
    circumstances.mappings.gids = plan::IdMappings::validate(range, JsonPointer("/linux/gidMappings"));
    circumstances.owner_uid = 100000;
    circumstances.owner_gid = 100000;
    return circumstances;
}

std::vector<plan::Mount> plan_one(const spec::Mount& mount, const plan::MountCircumstances& circumstances,
                                  std::vector<std::string>* warnings = nullptr) {
    std::vector<std::string> ignored;
    return plan::plan_mounts({mount}, circumstances, warnings != nullptr ? *warnings : ignored);
}

Failure refusal_of(const spec::Mount& mount, const plan::MountCircumstances& circumstances) {
    return test::refusal_of([&] { plan_one(mount, circumstances); });
}

std::string data_of(const plan::Mount& mount, const std::string& key) {
    for (const plan::FilesystemOption& option : mount.data) {
        if (option.key == key) return option.value.value_or("(flag)");
    }
    return "(none)";
}

}  // namespace

TEST_CASE("a path is tidied, and what depends on links is kept", "[plan][mounts]") {
    CHECK(plan::tidy_path("//dev/./pts//") == "/dev/pts");
    CHECK(plan::tidy_path("/") == "/");
    CHECK(plan::tidy_path("") == "/");
    CHECK(plan::tidy_path("/a/../b") == "/a/../b");
}

TEST_CASE("sources are absolute, relative to the bundle, or inside the rootfs", "[plan][mounts]") {
    const auto source = [](const std::string& text) {
        return plan_one({.destination = "/d", .type = "none", .source = text, .options = {"rbind"}}, on_host()).front();
    };
    CHECK(source("/srv/x").source == "/srv/x");
    CHECK(source("/srv/x").kind == MountKind::bind);
    CHECK(source("/srv/x").opened_by_runtime);
    CHECK(source("data").source == "/b/data");
    CHECK(source("./rootfs/var").kind == MountKind::bind_in_rootfs);
    CHECK(source("./rootfs/var").source == "/var");
    CHECK_FALSE(source("/b/rootfs/var").opened_by_runtime);
    CHECK(source("/b/rootfs2").kind == MountKind::bind);
}

TEST_CASE("flags of a bind mount: none given keeps all, any given clears the others, unless in a user namespace",
          "[plan][mounts]") {
    const spec::Mount plain{.destination = "/d", .type = "bind", .source = "/s", .options = {"rbind", "rprivate"}};
    CHECK(plan_one(plain, on_host()).front().attributes.empty());
    const spec::Mount read_only{
        .destination = "/d", .type = "bind", .source = "/s", .options = {"bind", "ro", "noatime"}};
    const plan::Mount on_the_host = plan_one(read_only, on_host()).front();
    CHECK(on_the_host.attributes.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME));
    CHECK((on_the_host.attributes.clear & MOUNT_ATTR_NODEV) != 0);
    CHECK((on_the_host.attributes.clear & MOUNT_ATTR_NOSUID) != 0);
    CHECK(plan_one(read_only, in_user_namespace()).front().attributes.clear == MOUNT_ATTR__ATIME);
    const spec::Mount only_time{.destination = "/d", .type = "bind", .source = "/s", .options = {"bind", "noatime"}};
    CHECK(plan_one(only_time, on_host()).front().attributes.clear == MOUNT_ATTR__ATIME);
}

TEST_CASE("a copy of a host mount leaves its peer group, unless shared is asked for", "[plan][mounts]") {
    const auto planned = [](const char* word, const plan::MountCircumstances& circumstances) {
        return plan_one({.destination = "/d", .type = "bind", .source = "/s", .options = {"rbind", word}},
                        circumstances)
            .front();
    };
    CHECK(planned("defaults", on_host()).source_propagation == MS_PRIVATE);
    CHECK(planned("rslave", on_host()).source_propagation == MS_SLAVE);
    CHECK(planned("runbindable", on_host()).source_propagation == MS_PRIVATE);
    CHECK(planned("runbindable", on_host()).propagation == MS_UNBINDABLE);
    CHECK(planned("shared", on_host()).source_propagation == 0);
    CHECK(planned("shared", in_user_namespace()).source_propagation == MS_SLAVE);
    CHECK(planned("shared", in_user_namespace()).propagation == MS_SHARED);
}

TEST_CASE("options of a file system on a bind mount are ignored, each with a warning", "[plan][mounts]") {
    std::vector<std::string> warnings;
    plan_one({.destination = "/d",
              .type = "bind",
              .source = "/s",
              .options = {"bind", "mode=755", "silent", "loud", "sync", "nolazytime", "tmpcopyup", "x-y"}},
             on_host(), &warnings);
    REQUIRE(warnings.size() == 4);
    CHECK(warnings[0].find("/mounts/0/options/1: 'mode' is ignored") == 0);
    CHECK(warnings[1].find("/mounts/0/options/4: 'sync' is ignored") == 0);
    CHECK(warnings[2].find("/mounts/0/options/5: 'nolazytime' is ignored") == 0);
    CHECK(warnings[3].find("/mounts/0/options/6: 'tmpcopyup' is ignored") == 0);
}

TEST_CASE("what only mount(2) takes is left to mount(2)", "[plan][mounts]") {
    const auto by_mount_call = [](const char* type, std::vector<std::string> options) {
        return plan_one({.destination = "/t", .type = type, .options = std::move(options)}, on_host())
            .front()
            .by_mount_call;
    };
    CHECK(by_mount_call("tmpfs", {"iversion"}));
    CHECK(by_mount_call("ext4", {"silent"}));
    CHECK_FALSE(by_mount_call("tmpfs", {"loud", "noiversion", "lazytime", "silent", "loud"}));
    CHECK(by_mount_call("overlay", {"lowerdir=" + std::string(256, 'x')}));
    CHECK_FALSE(by_mount_call("overlay", {"lowerdir=" + std::string(255, 'x')}));
}

TEST_CASE("a disk is mounted by the runtime: the container's device rules and user namespace would not let init",
          "[plan][mounts]") {
    const auto kind = [](const char* type, const char* source, const plan::MountCircumstances& circumstances) {
        const plan::Mount mount =
            plan_one({.destination = "/t", .type = type, .source = source}, circumstances).front();
        CHECK(mount.opened_by_runtime == (mount.kind == MountKind::disk));
        return mount.kind;
    };
    CHECK(kind("ext4", "/dev/sda1", on_host()) == MountKind::disk);
    CHECK(kind("ext4", "/dev/sda1", in_user_namespace()) == MountKind::disk);
    plan::MountCircumstances rootless = in_user_namespace();
    rootless.trees_by_runtime = false;
    CHECK(kind("ext4", "/dev/sda1", rootless) == MountKind::filesystem);
    CHECK(kind("tmpfs", "/dev/shm", on_host()) == MountKind::filesystem);
    CHECK(kind("fuse", "/dev/fuse", on_host()) == MountKind::filesystem);
    CHECK(kind("overlay", "overlay", on_host()) == MountKind::filesystem);
}

TEST_CASE("tmpcopyup is for a tmpfs, copy-symlink and src-nofollow for a bind mount", "[plan][mounts]") {
    CHECK(plan_one({.destination = "/t", .type = "tmpfs", .options = {"tmpcopyup"}}, on_host()).front().copy_up);
    CHECK(refusal_of({.destination = "/t", .type = "proc", .options = {"tmpcopyup"}}, on_host())
              .reason.find("tmpcopyup") != std::string::npos);
    std::vector<std::string> warnings;
    plan_one({.destination = "/t", .type = "tmpfs", .options = {"src-nofollow"}}, on_host(), &warnings);
    CHECK(warnings.size() == 1);
    const auto bound = [](const char* option) {
        return plan_one({.destination = "/t", .type = "bind", .source = "/s", .options = {option}}, on_host()).front();
    };
    CHECK(bound("copy-symlink").copy_symlink);
    CHECK(bound("copy-symlink").source_nofollow);
    CHECK(bound("src-nofollow").source_nofollow);
    CHECK_FALSE(bound("src-nofollow").copy_symlink);
    CHECK(bound("dest-nofollow").destination_nofollow);
}

TEST_CASE("remount changes what an earlier entry mounted: its file system too when that is the container's own",
          "[plan][mounts]") {
    std::vector<std::string> warnings;
    const auto planned = [&](const spec::Mount& first, std::vector<std::string> options) {
        options.emplace_back("remount");
        warnings.clear();
        return plan::plan_mounts({first, {.destination = first.destination, .options = std::move(options)}}, on_host(),
                                 warnings);
    };
    const spec::Mount tmpfs{.destination = "/t", .type = "tmpfs", .options = {"ro"}};
    const spec::Mount disk{.destination = "/t", .type = "ext4", .source = "/dev/x"};
    const spec::Mount bind{.destination = "/t", .type = "bind", .source = "/s"};

    auto mounts = planned(tmpfs, {"rw", "size=2m", "lazytime", "nosuid"});
    CHECK(mounts[1].kind == MountKind::remount);
    CHECK_FALSE(mounts[0].read_only_at_end);
    CHECK_FALSE(mounts[1].read_only_at_end);
    CHECK(data_of(mounts[1], "size") == "2m");
    CHECK(mounts[1].superblock.set == MS_LAZYTIME);
    CHECK(mounts[1].attributes.set == MOUNT_ATTR_NOSUID);

    mounts = planned(disk, {"ro"});
    CHECK(mounts[1].superblock.set == MS_RDONLY);
    mounts = planned(disk, {"rw"});
    CHECK(mounts[1].superblock.clear == MS_RDONLY);
    mounts = planned(disk, {"bind", "ro"});
    CHECK(mounts[1].superblock.set == 0);
    CHECK(mounts[1].read_only_at_end);

    mounts = planned(bind, {"ro", "sync", "size=1"});
    CHECK(mounts[1].superblock.empty());
    CHECK(mounts[1].data.empty());
    CHECK(mounts[1].read_only_at_end);
    CHECK(warnings.size() == 2);
    mounts = planned(tmpfs, {"dirsync", "silent", "sync"});
    CHECK(mounts[1].superblock.set == MS_SYNCHRONOUS);
    CHECK(warnings.size() == 1);
    CHECK_THROWS_AS(planned(tmpfs, {"tmpcopyup"}), Error);
}

TEST_CASE("a relative destination is taken from / with a warning; none or / is refused", "[plan][mounts]") {
    std::vector<std::string> warnings;
    CHECK(plan_one({.destination = "tmp/", .type = "tmpfs"}, on_host(), &warnings).front().destination == "/tmp");
    CHECK(warnings.size() == 1);
    CHECK(refusal_of({.destination = "/", .type = "tmpfs"}, on_host()).object == "/mounts/0");
    CHECK(refusal_of({.destination = "", .type = "tmpfs"}, on_host()).object == "/mounts/0");
    for (const char* type : {"", "none"}) {
        const Failure none = refusal_of({.destination = "/x", .type = type, .source = "/srv"}, on_host());
        CHECK(none.object == "/mounts/0");
        CHECK(none.reason.find("neither a type") != std::string::npos);
    }
    CHECK(refusal_of({.destination = "/x", .options = {"bind"}}, on_host()).reason.find("source") != std::string::npos);
}

TEST_CASE("a tmpfs becomes read-only at the end, so that mounts below it find their places", "[plan][mounts]") {
    const plan::Mount mount =
        plan_one({.destination = "/dev", .type = "tmpfs", .options = {"ro", "nosuid"}}, on_host()).front();
    CHECK(mount.read_only_at_end);
    CHECK(mount.attributes.set == MOUNT_ATTR_NOSUID);
    CHECK(mount.mode_of_mount_point);
    CHECK_FALSE(plan_one({.destination = "/t", .type = "tmpfs", .options = {"mode=1777"}}, on_host())
                    .front()
                    .mode_of_mount_point);
    CHECK(plan_one({.destination = "/m", .type = "ext4", .options = {"ro"}}, on_host()).front().superblock.set ==
          MS_RDONLY);
    CHECK(plan_one({.destination = "/sys", .type = "sysfs", .options = {"ro"}}, on_host()).front().superblock.empty());
}

TEST_CASE("the tmpfs for /dev is made outside of a user namespace, for the host ids of its root", "[plan][mounts]") {
    const spec::Mount dev{.destination = "/dev/", .type = "tmpfs", .source = "tmpfs", .options = {"mode=750", "gid=5"}};
    const plan::Mount mount = plan_one(dev, in_user_namespace()).front();
    CHECK(mount.kind == MountKind::device_tmpfs);
    CHECK(mount.opened_by_runtime);
    CHECK(data_of(mount, "uid") == "100000");
    CHECK(data_of(mount, "gid") == "100005");
    CHECK(data_of(mount, "mode") == "750");
    CHECK(plan_one(dev, on_host()).front().kind == MountKind::filesystem);
    plan::MountCircumstances rootless = in_user_namespace();
    rootless.trees_by_runtime = false;
    CHECK(plan_one(dev, rootless).front().kind == MountKind::filesystem);
}

TEST_CASE("an id that the user namespace does not have is refused, with what it has", "[plan][mounts]") {
    const spec::Mount mount{.destination = "/tmp", .type = "tmpfs", .options = {"nosuid", "gid=500"}};
    const Failure failure = refusal_of(mount, in_user_namespace());
    CHECK(failure.object == "/mounts/0/options/1");
    CHECK(failure.reason.find("group 500") != std::string::npos);
    CHECK(failure.reason.find("0-99") != std::string::npos);
    CHECK(plan_one(mount, on_host()).size() == 1);
}

TEST_CASE("the group of devpts is left out, with a warning, when the user namespace does not have it",
          "[plan][mounts]") {
    const spec::Mount mount{.destination = "/dev/pts", .type = "devpts", .options = {"newinstance", "gid=500"}};
    std::vector<std::string> warnings;
    const std::vector<plan::Mount> mounts = plan::plan_mounts({mount}, in_user_namespace(), warnings);
    CHECK(data_of(mounts.front(), "gid") == data_of(mounts.front(), "none such"));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("/mounts/0/options/1") != std::string::npos);
}

TEST_CASE("sysfs in a user namespace: tried with an own network namespace, else the host's, read-only",
          "[plan][mounts]") {
    const spec::Mount sys{.destination = "/sys", .type = "sysfs", .source = "sysfs", .options = {"nosuid", "ro"}};
    CHECK(plan_one(sys, in_user_namespace()).front().read_only_sys_on_refusal);
    plan::MountCircumstances host_network = in_user_namespace();
    host_network.own_network_namespace = false;
    const plan::Mount bound = plan_one(sys, host_network).front();
    CHECK(bound.kind == MountKind::bind);
    CHECK(bound.source == "/sys");
    CHECK(bound.recursive);
    CHECK(bound.recursive_attributes.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
    host_network.user_namespace = false;
    CHECK(plan_one(sys, host_network).front().kind == MountKind::filesystem);
}

TEST_CASE("a mount of type cgroup shows the container's own cgroup", "[plan][mounts]") {
    const spec::Mount cgroup{.destination = "/sys/fs/cgroup", .type = "cgroup", .options = {"ro", "nosuid"}};
    plan::MountCircumstances circumstances = on_host();
    std::vector<std::string> warnings;
    const auto without = plan_one(cgroup, circumstances, &warnings);
    CHECK(warnings.size() == 1);
    CHECK(without.front().type == "tmpfs");

    circumstances.cgroup.emplace();
    circumstances.cgroup->unified = "/sys/fs/cgroup/c1";
    const auto unified = plan_one(cgroup, circumstances);
    REQUIRE(unified.size() == 1);
    plan_one({.destination = "/c", .type = "cgroup", .options = {"foo=bar", "tmpcopyup"}}, circumstances, &warnings);
    REQUIRE(warnings.size() == 3);
    CHECK(test::has(warnings[1], "/mounts/0/options/0: 'foo' is ignored"));
    CHECK(test::has(warnings[2], "/mounts/0/options/1: 'tmpcopyup' is ignored"));
    CHECK(unified[0].source == "/sys/fs/cgroup/c1");
    CHECK((unified[0].attributes.set & MOUNT_ATTR_RDONLY) != 0);

    circumstances.cgroup->unified.clear();
    circumstances.cgroup->hierarchies = {{"cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/c1"},
                                         {"pids", "/sys/fs/cgroup/pids/c1"}};
    circumstances.cgroup->links = {{"cpu", "cpu,cpuacct"}};
    const auto hierarchies = plan_one(cgroup, circumstances);
    REQUIRE(hierarchies.size() == 3);
    CHECK(hierarchies[0].type == "tmpfs");
    CHECK(hierarchies[0].read_only_at_end);
    CHECK(hierarchies[0].links.size() == 1);
    CHECK(hierarchies[1].destination == "/sys/fs/cgroup/cpu,cpuacct");
    CHECK(hierarchies[2].source == "/sys/fs/cgroup/pids/c1");
    CHECK((hierarchies[2].attributes.set & MOUNT_ATTR_RDONLY) != 0);
}

TEST_CASE("a file system that needs another namespace says which one", "[plan][mounts]") {
    plan::MountCircumstances circumstances = in_user_namespace();
    const spec::Mount proc{.destination = "/proc", .type = "proc"};
    const spec::Mount sysfs{.destination = "/sys", .type = "sysfs"};
    const spec::Mount mqueue{.destination = "/dev/mqueue", .type = "mqueue"};
    const auto reason = [&](const spec::Mount& mount) { return plan_one(mount, circumstances).front().refusal_reason; };
    CHECK(reason(proc).find("sees all of /proc") != std::string::npos);
    CHECK(reason(sysfs).find("sees all of /sys") != std::string::npos);
    circumstances.own_ipc_namespace = false;
    CHECK(reason(mqueue).find("an ipc namespace of its own") != std::string::npos);
    circumstances.user_namespace = false;
    CHECK(reason(proc).empty());
}

TEST_CASE("in a user namespace without a pid namespace of its own, proc is the caller's with all below it",
          "[plan][mounts]") {
    plan::MountCircumstances circumstances = in_user_namespace();
    const spec::Mount proc{.destination = "/proc", .type = "proc", .options = {"nosuid", "rnoexec"}};
    CHECK(plan_one(proc, circumstances).front().kind == MountKind::filesystem);
    circumstances.own_pid_namespace = false;
    const plan::Mount bound = plan_one(proc, circumstances).front();
    CHECK(bound.kind == MountKind::bind);
    CHECK(bound.source == "/proc");
    CHECK(bound.recursive);
    CHECK(bound.real_directory_only);
    CHECK(bound.recursive_attributes.set == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    CHECK(bound.source_propagation == MS_PRIVATE);
    std::vector<std::string> warnings;
    plan_one({.destination = "/proc", .type = "proc", .options = {"ro", "hidepid=2", "sync"}}, circumstances,
             &warnings);
    REQUIRE(warnings.size() == 2);
    CHECK(test::has(warnings[0], "/mounts/0/options/1: 'hidepid' is ignored"));
    CHECK(test::has(warnings[1], "/mounts/0/options/2: 'sync' is ignored"));
    circumstances.own_network_namespace = false;
    plan_one({.destination = "/sys", .type = "sysfs", .options = {"rw", "foo=bar"}}, circumstances, &warnings);
    REQUIRE(warnings.size() == 3);
    CHECK(test::has(warnings[2], "/mounts/0/options/1: 'foo' is ignored"));
    circumstances.user_namespace = false;
    CHECK(plan_one(proc, circumstances).front().kind == MountKind::filesystem);
}

TEST_CASE("ids that do not exist in the caller's user namespace exist in no container of it", "[plan][mounts]") {
    plan::MountCircumstances circumstances = on_host();
    circumstances.mappings.gids =
        plan::IdMappings::validate({{.container_id = 0, .host_id = 0, .size = 1}}, JsonPointer("/g"));
    std::vector<std::string> warnings;
    const spec::Mount pts{.destination = "/dev/pts", .type = "devpts", .options = {"gid=5"}};
    CHECK(data_of(plan_one(pts, circumstances, &warnings).front(), "gid") == "(none)");
    CHECK(warnings.size() == 1);
    const spec::Mount tmpfs{.destination = "/t", .type = "tmpfs", .options = {"gid=5"}};
    CHECK(refusal_of(tmpfs, circumstances).object == "/mounts/0/options/0");
}
