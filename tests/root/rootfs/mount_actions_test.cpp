// Options that do more than set a flag: remount, copy-symlink, src-nofollow, dest-nofollow.

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

std::string mountinfo(int proc) { return os::read_file(proc, "self/mountinfo"); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RootfsCase case_with(std::vector<spec::Mount> mounts, bool user_namespace = false) {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.config.mounts = std::move(mounts);
    wanted.user_namespace = user_namespace;
    wanted.inside = mountinfo;
    return wanted;
}

spec::Mount bind_mount(const std::string& source, const std::string& destination, std::vector<std::string> more = {}) {
    more.insert(more.begin(), "rbind");
    return {.destination = destination, .type = "none", .source = source, .options = std::move(more)};
}

spec::Mount remount(const std::string& destination, std::vector<std::string> options) {
    options.insert(options.begin(), "remount");
    return {.destination = destination, .type = {}, .source = {}, .options = std::move(options)};
}

void make_places(const std::string& bundle) {
    for (const char* name : {"/rootfs/t", "/rootfs/d", "/source", "/source/below"}) make_directory(bundle + name, 0777);
}

}  // namespace

TEST_CASE("remount changes the mount and the file system that an entry before it has made", "[rootfs][remount]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = case_with({{.destination = "/t", .type = "tmpfs", .options = {"size=1m", "nosuid", "ro"}},
                                       remount("/t", {"rw", "noexec", "size=3m", "lazytime", "shared"})},
                                      user_namespace);
        wanted.arrange = make_places;
        wanted.inside = [](int proc) { return concat(try_write("/t/x", "x"), "\n", mountinfo(proc)); };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(result.inside.substr(0, 3) == "ok\n");
        const std::string line = mountinfo_line(result.inside, "/t");
        CHECK(contains(line, " /t rw,nosuid,noexec,relatime shared:"));
        CHECK(contains(line, "lazytime"));
        CHECK(contains(line, "size=3072k"));
        CHECK(mount_count(result.inside, "/t") == 1);
    }
}

TEST_CASE("remount,ro is in force in the end, after the mounts below", "[rootfs][remount]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = case_with(
            {{.destination = "/t", .type = "tmpfs"}, remount("/t", {"ro"}), {.destination = "/t/new", .type = "tmpfs"}},
            user_namespace);
        wanted.arrange = make_places;
        wanted.inside = [](int) { return concat(try_write("/t/x", "x"), " ", try_write("/t/new/x", "x")); };
        CHECK(run_in_rootfs(wanted).inside == "EROFS ok");
    }
}

TEST_CASE("remount of a bind mount leaves its file system alone, which the host uses too", "[rootfs][remount]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted =
            case_with({bind_mount("source", "/d"), remount("/d", {"ro", "sync", "size=1m", "nodev"})}, user_namespace);
        wanted.arrange = [](const std::string& bundle) {
            make_places(bundle);
            ::mount("tmpfs", (bundle + "/source").c_str(), "tmpfs", 0, "mode=777,size=2m");
        };
        wanted.outside = [](const std::string& bundle) {
            return concat(try_write(bundle + "/source/x", "x"), " ",
                          mountinfo_line(content("/proc/self/mountinfo"), bundle + "/source"));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside << result.outside);
        CHECK(contains(mountinfo_line(result.inside, "/d"), " /d ro,nodev,relatime - "));
        CHECK(contains(result.outside, "ok "));
        CHECK(contains(result.outside, "size=2048k"));
        CHECK_FALSE(contains(result.outside, "sync"));
        CHECK(result.warnings.size() == 2);
    }
}

TEST_CASE("remount changes the file system that was meant, although a file system of the host came over it",
          "[rootfs][remount]") {
    RootfsCase wanted = case_with({{.destination = "/data/t", .type = "tmpfs", .options = {"size=1m"}},
                                   bind_mount("source", "/srv"),
                                   remount("/data/t", {"size=3m", "sync"})});
    wanted.arrange = [](const std::string& bundle) {
        make_places(bundle);
        make_directory(bundle + "/rootfs/srv");
        make_link(bundle + "/rootfs/data", "/srv");  // what the image says, against what the config thinks
        make_directory(bundle + "/source/t");
        ::mount("tmpfs", (bundle + "/source/t").c_str(), "tmpfs", 0, "size=2m");
    };
    wanted.outside = [](const std::string& bundle) {
        return mountinfo_line(content("/proc/self/mountinfo"), bundle + "/source/t");
    };
    const RootfsResult result = run_in_rootfs(wanted);
    INFO(result.inside << result.outside);
    CHECK(contains(result.outside, "size=2048k"));
    CHECK_FALSE(contains(result.outside, "sync"));
    CHECK_FALSE(contains(result.inside, "error"));
}

TEST_CASE("remount where nothing is mounted, or where nothing is, is an error", "[rootfs][remount]") {
    RootfsCase wanted = case_with({remount("/d", {"ro"})});
    wanted.arrange = make_places;
    CHECK(contains(run_in_rootfs(wanted).inside,
                   "mount 0 (remount on /d): cannot remount '/d': nothing is mounted there"));
    CHECK(contains(run_in_rootfs(case_with({remount("/missing", {"ro"})})).inside, "(ENOENT)"));
}

TEST_CASE("remount hands unknown options to the file system, and its words back", "[rootfs][remount]") {
    RootfsCase wanted = case_with({{.destination = "/t", .type = "tmpfs"}, remount("/t", {"colour=red"})});
    wanted.arrange = make_places;
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "mount 1 (remount on /t)"));
    CHECK(contains(text, "tmpfs: Unknown parameter 'colour'"));
}

TEST_CASE("a bind source that is a symbolic link: followed, bound itself, or made again", "[rootfs][links]") {
    struct Row {
        std::vector<std::string> options;
        const char* link;     // what is at the destination
        const char* content;  // and behind it
        int mounts;
    };
    const std::vector<Row> rows{{{}, "- 0644 0:0", "host", 1},
                                {{"src-nofollow"}, "l inside", "inside", 1},
                                {{"copy-symlink"}, "l inside", "inside", 0},
                                {{"copy-symlink", "src-nofollow"}, "l inside", "inside", 0}};
    for (const bool rootless : {false, true}) {
        for (const Row& row : rows) {
            INFO(join(row.options, ",") << (rootless ? ", opened by init" : ""));
            RootfsCase wanted = case_with({bind_mount("link", "/new/place", row.options)});
            wanted.rootless = rootless;
            wanted.arrange = [](const std::string& bundle) {
                make_link(bundle + "/link", "inside");
                make_file(bundle + "/inside", "host");
                make_directory(bundle + "/rootfs/new");
                make_file(bundle + "/rootfs/new/inside", "inside");
            };
            wanted.inside = [](int proc) {
                return concat(describe("/new/place"), "\n", content("/new/place"), "\n", mountinfo(proc));
            };
            const RootfsResult result = run_in_rootfs(wanted);
            INFO(result.inside);
            CHECK(result.inside.find(concat(row.link, "\n", row.content, "\n")) == 0);
            CHECK(mount_count(result.inside, "/new/place") == row.mounts);
        }
    }
}

TEST_CASE("copy-symlink: the same link may be there already, anything else is an error and stays", "[rootfs][links]") {
    struct Row {
        const char* there;
        const char* result;
    };
    for (const Row& row : {Row{"", "l /some/where"}, Row{"/some/where", "l /some/where"},
                           Row{"/else",
                               "copy the symbolic link to '/place': there is something else than a link to "
                               "'/some/where': file exists (EEXIST)"}}) {
        INFO(row.there);
        RootfsCase wanted = case_with({bind_mount("link", "/place", {"copy-symlink"})});
        wanted.arrange = [&](const std::string& bundle) {
            make_link(bundle + "/link", "/some/where");
            if (*row.there != '\0') make_link(bundle + "/rootfs/place", row.there);
        };
        wanted.inside = [](int) { return describe("/place"); };
        CHECK(contains(run_in_rootfs(wanted).inside, row.result));
    }
    // A source that is no link is bound.
    RootfsCase wanted = case_with({bind_mount("file", "/place", {"copy-symlink"})});
    wanted.arrange = [](const std::string& bundle) { make_file(bundle + "/file", "text"); };
    wanted.inside = [](int) { return content("/place"); };
    CHECK(run_in_rootfs(wanted).inside == "text");
}

TEST_CASE("dest-nofollow covers the symbolic link at the destination, not what it leads to", "[rootfs][links]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = case_with({bind_mount("file", "/link", {"dest-nofollow"}),
                                       bind_mount("source", "/gone", {"src-nofollow", "dest-nofollow"})},
                                      user_namespace);
        wanted.arrange = [](const std::string& bundle) {
            make_file(bundle + "/file", "source");
            make_link(bundle + "/source", "/target");
            make_file(bundle + "/rootfs/target", "target");
            make_link(bundle + "/rootfs/link", "target");
            make_link(bundle + "/rootfs/gone", "/nowhere");
        };
        wanted.inside = [](int proc) {
            return concat(content("/link"), " ", content("/target"), " ", describe("/gone"), " ", describe("/nowhere"),
                          "\n", mountinfo(proc));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(result.inside.find("source target l /target ENOENT\n") == 0);
        CHECK(mount_count(result.inside, "/link") == 1);
        CHECK(mount_count(result.inside, "/target") == 0);
    }
}
