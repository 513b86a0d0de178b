#include "catch.hpp"
#include "rt/host/cgroup_layout.hpp"

using namespace rt::host;
using rt::os::parse_mountinfo;

namespace {

using Names = std::vector<std::string>;

CgroupLayout layout_of(const std::string& mountinfo) {
    CgroupLayout layout;
    layout.hierarchies = cgroup_hierarchies(parse_mountinfo(mountinfo));
    return layout;
}

Names mount_points(const CgroupLayout& layout) {
    Names points;
    for (const CgroupHierarchy& hierarchy : layout.hierarchies) points.push_back(hierarchy.mount_point);
    return points;
}

const std::string before =
    "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n22 20 0:5 / /proc rw - proc proc rw\n23 20 0:6 / /sys rw - sysfs sysfs rw\n";

}  // namespace

// The example of proc_pid_mountinfo(5).
TEST_CASE("a line of mountinfo", "[host][mountinfo]") {
    const auto mounts =
        parse_mountinfo("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n");
    REQUIRE(mounts.size() == 1);
    CHECK(mounts[0].id == 36);
    CHECK(mounts[0].parent == 35);
    CHECK(mounts[0].root == "/mnt1");
    CHECK(mounts[0].mount_point == "/mnt2");
    CHECK(mounts[0].type == "ext3");
    CHECK(mounts[0].super_options == Names{"rw", "errors=continue"});
}

TEST_CASE("odd lines of mountinfo", "[host][mountinfo]") {
    CHECK(parse_mountinfo("").empty());
    CHECK(parse_mountinfo("\n\n1 2 3\nx 1 0:1 / / rw - t s o\n1 2 0:1 / /a rw shared:1\n1 2 0:1 / /a rw - t s\n")
              .empty());
    CHECK(parse_mountinfo("1 0 0:1 / /a\\040b\\134c\\011 rw - t s o")[0].mount_point == "/a b\\c\t");
    CHECK(parse_mountinfo("1 0 0:1 / /a\\04 rw - t s o")[0].mount_point == "/a\\04");
    // Fields between the options and the dash: none, several, unknown ones.
    CHECK(parse_mountinfo("1 0 0:1 / /a rw shared:1 master:2 new:3 - t s o").size() == 1);
    // A mount without a source (mount -t tmpfs "" DIR) shows two blanks.
    CHECK(parse_mountinfo("1 0 0:1 / /a rw - tmpfs  rw")[0].super_options == Names{"rw"});
}

TEST_CASE("v2 only", "[host][cgroup]") {
    const auto layout = layout_of(before + "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
    CHECK(layout.mode() == CgroupMode::unified);
    CHECK(mount_points(layout) == Names{"/sys/fs/cgroup"});
    CHECK(layout.unified() == &layout.hierarchies[0]);
    CHECK(layout.with_controller("devices") == nullptr);
}

TEST_CASE("hybrid as systemd mounts it", "[host][cgroup]") {
    const auto layout =
        layout_of(before +
                  "31 23 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755\n"
                  "32 31 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
                  "33 31 0:28 / /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd\n"
                  "34 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:12 - cgroup cgroup rw,cpu,cpuacct\n"
                  "35 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset,clone_children\n"
                  "36 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,release_agent=/sbin/x\n");
    CHECK(layout.mode() == CgroupMode::hybrid);
    CHECK(mount_points(layout) == Names{"/sys/fs/cgroup/systemd", "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpuset",
                                        "/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"});
    CHECK(layout.hierarchies[0].name == "systemd");
    CHECK(layout.hierarchies[0].controllers.empty());
    CHECK(layout.with_controller("cpuacct")->controllers == Names{"cpu", "cpuacct"});
    CHECK(layout.with_controller("cpuset")->controllers == Names{"cpuset"});
    CHECK(layout.with_controller("memory")->controllers == Names{"memory"});
    CHECK(layout.with_controller("clone_children") == nullptr);
    CHECK(layout.unified()->mount_point == "/sys/fs/cgroup/unified");
}

TEST_CASE("v1 only, at an unusual place and without cgroups at all", "[host][cgroup]") {
    CHECK(layout_of(before + "31 20 0:26 / /cgroup rw - cgroup none rw,cpu,memory\n").mode() == CgroupMode::v1);
    CHECK(layout_of(before).mode() == CgroupMode::none);
    CHECK(layout_of(before).unified() == nullptr);
}

TEST_CASE("of several mounts of a hierarchy the customary one is taken", "[host][cgroup]") {
    const auto layout = layout_of(before +
                                  "31 20 0:26 / /host/cgroup/pids rw - cgroup none rw,pids\n"
                                  "32 23 0:26 / /sys/fs/cgroup/pids rw - cgroup none rw,pids\n"
                                  "33 20 0:26 / /other/pids rw - cgroup none rw,pids\n");
    CHECK(mount_points(layout) == Names{"/sys/fs/cgroup/pids"});
}

TEST_CASE("hidden mounts do not count", "[host][cgroup]") {
    const std::string v1 = before +
                           "31 23 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                           "32 31 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
    CHECK(layout_of(v1).mode() == CgroupMode::v1);
    // A v2 hierarchy on top of the tmpfs that holds the v1 ones; mountinfo need not be in the order of mounting.
    const std::string on_top = "40 31 0:40 / /sys/fs/cgroup rw - cgroup2 none rw\n";
    CHECK(mount_points(layout_of(v1 + on_top)) == Names{"/sys/fs/cgroup"});
    CHECK(mount_points(layout_of(on_top + v1)) == Names{"/sys/fs/cgroup"});
    // Something that is no cgroup on top of a v2 hierarchy.
    CHECK(layout_of(before +
                    "31 23 0:26 / /sys/fs/cgroup rw - cgroup2 c rw\n40 31 0:40 / /sys/fs/cgroup rw - tmpfs t rw\n")
              .mode() == CgroupMode::none);
    // Something above all of it.
    CHECK(layout_of(v1 + "40 23 0:40 / /sys/fs rw - tmpfs none rw\n").mode() == CgroupMode::none);
    CHECK(layout_of(v1 + "40 23 0:40 / /sys/fs/cgro rw - tmpfs none rw\n").mode() == CgroupMode::v1);
    CHECK(layout_of(v1 + "40 23 0:40 / /sys rw - sysfs none rw\n").mode() == CgroupMode::none);
    // Parents in a circle.
    CHECK(layout_of("1 2 0:1 / /a rw - cgroup2 c rw\n2 1 0:1 / /b rw - tmpfs c rw\n").mode() == CgroupMode::none);
}

TEST_CASE("the way down to the cgroup of a process", "[host][cgroup]") {
    const CgroupHierarchy v2{.mount_point = "/sys/fs/cgroup", .unified = true};
    const auto way = [&](const std::string& proc_text) {
        Names paths;
        for (const CgroupLevel& level : way_to(v2, directory_of_process(v2, proc_text))) paths.push_back(level.path);
        return paths;
    };
    CHECK(way("0::/a.slice/b.service\n") == Names{"", "/a.slice", "/a.slice/b.service"});
    CHECK(way("0::/x\n") == Names{"", "/x"});
    CHECK(way("0::/\n") == Names{""});
    // Outside of the own cgroup namespace, or gone.
    CHECK(way("0::/../x\n") == Names{""});
    CHECK(way("0::/x (deleted)\n") == Names{""});
    CHECK(way("") == Names{""});
}
