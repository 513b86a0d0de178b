#include <sys/mount.h>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

RootfsCase joined_case() {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.mount_namespace = plan::MountNamespace::joined;
    wanted.config.mounts = {{.destination = "/t", .type = "tmpfs", .source = "inside"}};
    wanted.config.linux.readonly_paths = {"/t"};
    wanted.arrange = [](const std::string& bundle) { make_file(bundle + "/rootfs/file", "read"); };
    wanted.outside = [](const std::string& bundle) {
        const std::string mountinfo = content("/proc/self/mountinfo");
        return concat(mount_count(mountinfo, bundle + "/rootfs"), " ", mount_count(mountinfo, bundle + "/rootfs/t"),
                      " ", mount_count(mountinfo, "/t"), " ",
                      mount_count(mountinfo, "/") == 1 ? "root kept" : "root covered");
    };
    return wanted;
}

}  // namespace

TEST_CASE("in a joined mount namespace the rootfs is mounted on its path there, and nobody's root moves", "[rootfs]") {
    RootfsCase wanted = joined_case();
    wanted.inside = [](int) { return concat(content("/file"), " ", try_write("/t/x", "x")); };
    const RootfsResult result = run_in_rootfs(wanted);
    CHECK(result.inside == "read EROFS");
    CHECK(result.outside == "1 2 0 root kept");  // the tmpfs, and its read-only cover
}

TEST_CASE("what fails in a joined mount namespace leaves no mount there", "[rootfs]") {
    RootfsCase early = joined_case();
    early.config.mounts.push_back({.destination = "/u", .type = "nonsensefs"});
    const RootfsResult before_entering = run_in_rootfs(early);
    CHECK(before_entering.inside.find("nonsensefs") != std::string::npos);
    CHECK(before_entering.outside == "0 0 0 root kept");

    RootfsCase late = joined_case();
    late.config.linux.masked_paths = {"/dangling"};
    late.arrange = [](const std::string& bundle) { make_link(bundle + "/rootfs/dangling", "/nowhere"); };
    const RootfsResult after_entering = run_in_rootfs(late);
    CHECK(after_entering.inside.find("symbolic link to nothing") != std::string::npos);
    CHECK(after_entering.outside == "0 0 0 root kept");
}

TEST_CASE("a mount of type cgroup shows the given directories, read-only, on both kinds of cgroups",
          "[rootfs][cgroup]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted;
        wanted.config.root.path = "rootfs";
        wanted.user_namespace = user_namespace;
        wanted.config.mounts = {
            {.destination = "/cgroup", .type = "cgroup", .source = "cgroup", .options = {"ro", "nosuid"}}};
        wanted.cgroup.emplace();
        wanted.cgroup->unified = "/proc/sys/net";  // any directory of the host will do
        wanted.arrange = [](const std::string& bundle) { make_directory(bundle + "/rootfs/cgroup"); };
        wanted.inside = [](int proc) {
            return concat(mountinfo_line(os::read_file(proc, "self/mountinfo"), "/cgroup"), "\n",
                          describe("/cgroup/core"), "\n", describe("/cgroup/pids"), " ", describe("/cgroup/alias"), " ",
                          try_write("/cgroup/x", "x"));
        };
        const std::string unified = run_in_rootfs(wanted).inside;
        INFO(unified);
        CHECK(unified.find(" /sys/net /cgroup ro,nosuid") != std::string::npos);
        CHECK(unified.find("\nd 0555 ") != std::string::npos);

        wanted.cgroup->unified.clear();
        wanted.cgroup->hierarchies = {{"pids", "/proc/sys/net"}};
        wanted.cgroup->links = {{"alias", "pids"}};
        const std::string hierarchies = run_in_rootfs(wanted).inside;
        INFO(hierarchies);
        CHECK(hierarchies.find("/ /cgroup ro,nosuid") != std::string::npos);
        CHECK(hierarchies.find(" l pids EROFS") != std::string::npos);
    }
}
