#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

std::string mountinfo(int proc) { return os::read_file(proc, "self/mountinfo"); }

RootfsCase case_with(std::vector<spec::Mount> mounts) {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.config.mounts = std::move(mounts);
    wanted.inside = mountinfo;
    return wanted;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

spec::Mount bind(const std::string& source, const std::string& destination, std::vector<std::string> more = {}) {
    more.insert(more.begin(), "rbind");
    return {.destination = destination, .type = "none", .source = source, .options = std::move(more)};
}

}  // namespace

TEST_CASE("the customary mounts are there, with and without a user namespace, and nothing of the host is", "[rootfs]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = case_with(customary_mounts());
        wanted.user_namespace = user_namespace;
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/rootfs/proc", "/rootfs/sys"}) make_directory(bundle + name);
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(contains(mountinfo_line(result.inside, "/proc"), " - proc proc "));
        CHECK(contains(mountinfo_line(result.inside, "/dev"), " rw,nosuid "));
        CHECK(contains(mountinfo_line(result.inside, "/dev"), "size=65536k,"));
        CHECK(contains(mountinfo_line(result.inside, "/dev/pts"), "gid="));
        CHECK(contains(mountinfo_line(result.inside, "/dev/shm"), " rw,nosuid,nodev,noexec"));
        CHECK(contains(mountinfo_line(result.inside, "/dev/mqueue"), " - mqueue mqueue "));
        CHECK(contains(mountinfo_line(result.inside, "/sys"), " ro,nosuid,nodev,noexec"));
        CHECK(split(result.inside, '\n').size() == 8);  // with the root and an empty last line
    }
}

TEST_CASE("mounts are made in listed order: the later one is on top", "[rootfs]") {
    RootfsCase wanted = case_with({bind("one", "/d"), bind("two", "/d"), {.destination = "/d/t", .type = "tmpfs"}});
    wanted.arrange = [](const std::string& bundle) {
        for (const char* name : {"/one", "/two", "/two/t"}) make_directory(bundle + name);
        make_file(bundle + "/two/is", "two");
    };
    wanted.inside = [](int proc) { return content("/d/is") + "\n" + mountinfo(proc); };
    const RootfsResult result = run_in_rootfs(wanted);
    INFO(result.inside);
    CHECK(result.inside.compare(0, 4, "two\n") == 0);
    CHECK(mount_count(result.inside, "/d") == 2);
    CHECK(mount_count(result.inside, "/d/t") == 1);
}

TEST_CASE("a destination through links stays inside the rootfs, and what is missing is made there", "[rootfs]") {
    RootfsCase wanted = case_with({{.destination = "/absolute/new", .type = "tmpfs"},
                                   {.destination = "/up/new", .type = "tmpfs"},
                                   {.destination = "/dangling/deep", .type = "tmpfs"},
                                   {.destination = "/chain", .type = "tmpfs"},
                                   {.destination = "/etc/nested/deep", .type = "tmpfs"},
                                   bind("file", "/etc/hosts"),
                                   bind("file", "/new/directory/file")});
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/canary");
        make_file(bundle + "/canary/hosts", "canary");
        make_file(bundle + "/file", "source");
        make_link(bundle + "/rootfs/absolute", bundle + "/canary");
        make_link(bundle + "/rootfs/up", "../../../../../canary");
        make_link(bundle + "/rootfs/dangling", "/a/b");
        make_link(bundle + "/rootfs/chain", "dangling/../c");
        make_directory(bundle + "/rootfs/etc");
        make_link(bundle + "/rootfs/etc/hosts", bundle + "/canary/hosts");
        make_link(bundle + "/rootfs/etc/nested", "/elsewhere");
    };
    wanted.inside = [](int proc) {
        return concat(content("/new/directory/file"), "\n", describe("/a"), "\n", mountinfo(proc));
    };
    wanted.outside = [](const std::string& bundle) {
        const os::UniqueFd canary = os::open_at(AT_FDCWD, bundle + "/canary", O_RDONLY);
        return concat(content(bundle + "/canary/hosts"), " ", join(os::names_in(canary.get(), "canary"), ","), " ",
                      mount_count(content("/proc/self/mountinfo"), bundle + "/canary/hosts"));
    };
    const RootfsResult result = run_in_rootfs(wanted);
    INFO(result.inside);
    CHECK(result.outside == "canary hosts 0");
    CHECK(contains(result.inside, "source\nd 0755 0:0\n"));
    CHECK(mount_count(result.inside, "/canary/new") == 1);  // "up" ends at the container's root
    CHECK(mount_count(result.inside, "/a/b/deep") == 1);
    CHECK(mount_count(result.inside, "/a/c") == 1);
    CHECK(mount_count(result.inside, "/elsewhere/deep") == 1);
    CHECK(mount_count(result.inside, "/new/directory/file") == 1);
}

TEST_CASE("a link that goes round in circles is an error, not a hang", "[rootfs]") {
    RootfsCase wanted = case_with({{.destination = "/one/x", .type = "tmpfs"}});
    wanted.arrange = [](const std::string& bundle) {
        make_link(bundle + "/rootfs/one", "two");
        make_link(bundle + "/rootfs/two", "one");
    };
    const RootfsResult result = run_in_rootfs(wanted);
    CHECK(contains(result.inside, "mount 0 (tmpfs on /one/x)"));
    CHECK(contains(result.inside, "(ELOOP)"));
}

TEST_CASE("a bind through a bind that was made before", "[rootfs]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted = case_with({bind("data", "/first"), bind("rootfs/first/sub", "/second")});
        wanted.user_namespace = user_namespace;
        wanted.arrange = [](const std::string& bundle) {
            make_directory(bundle + "/data");
            make_directory(bundle + "/data/sub");
            make_file(bundle + "/data/sub/f", "through");
            make_directory(bundle + "/rootfs/first");
            make_directory(bundle + "/rootfs/second");
        };
        wanted.inside = [](int) { return content("/second/f"); };
        CHECK(run_in_rootfs(wanted).inside == "through");
    }
}

TEST_CASE("ro is for the one mount, rro for all below it", "[rootfs]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted =
            case_with({bind("tree", "/ro", {"ro"}), bind("tree", "/rro", {"rro"}), bind("tree", "/rw")});
        wanted.user_namespace = user_namespace;
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/tree", "/tree/below", "/rootfs/ro", "/rootfs/rro", "/rootfs/rw"}) {
                make_directory(bundle + name, 0777);
            }
            ::mount("tmpfs", (bundle + "/tree/below").c_str(), "tmpfs", 0, "mode=777");
        };
        wanted.inside = [](int) {
            std::string results;
            for (const char* path : {"/ro/x", "/ro/below/x", "/rro/x", "/rro/below/x", "/rw/x", "/rw/below/x"}) {
                results += try_write(path, "x") + " ";
            }
            return results;
        };
        CHECK(run_in_rootfs(wanted).inside == "EROFS ok EROFS EROFS ok ok ");
    }
}

TEST_CASE("what is mounted inside on a shared directory of the host does not appear there", "[rootfs]") {
    struct Row {
        const char* option;
        bool user_namespace;
        int seen_outside;
        const char* in_mountinfo;
    };
    for (const Row& row : {Row{"rprivate", false, 0, ""}, Row{"rprivate", true, 0, ""}, Row{"defaults", false, 0, ""},
                           Row{"defaults", true, 0, ""}, Row{"rslave", false, 0, "master:"},
                           Row{"rslave", true, 0, "master:"}, Row{"rshared", true, 0, "shared:"},
                           Row{"rshared", false, 1, "shared:"}, Row{"unbindable", false, 0, "unbindable"}}) {
        INFO(row.option << (row.user_namespace ? ", user namespace" : ""));
        RootfsCase wanted = case_with({bind("shared", "/data", {row.option})});
        wanted.user_namespace = row.user_namespace;
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/shared", "/rootfs/data"}) make_directory(bundle + name, 0777);
            ::mount("tmpfs", (bundle + "/shared").c_str(), "tmpfs", 0, "mode=777");
            ::mount(nullptr, (bundle + "/shared").c_str(), nullptr, MS_SHARED, nullptr);
            make_directory(bundle + "/shared/point", 0777);
        };
        wanted.inside = [](int proc) {
            if (::mount("tmpfs", "/data/point", "tmpfs", 0, "") < 0) return std::string("error: mount");
            return mountinfo(proc);
        };
        wanted.outside = [](const std::string& bundle) {
            return std::to_string(mount_count(content("/proc/self/mountinfo"), bundle + "/shared/point"));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(mount_count(result.inside, "/data/point") == 1);
        CHECK(result.outside == std::to_string(row.seen_outside));
        const std::string line = mountinfo_line(result.inside, "/data");
        CHECK(contains(line, row.in_mountinfo));
        if (*row.in_mountinfo == '\0') CHECK_FALSE((contains(line, "shared:") || contains(line, "master:")));
    }
}

TEST_CASE("a mount on the rootfs made inside stays inside, though the rootfs lies on a shared mount", "[rootfs]") {
    RootfsCase wanted = case_with({{.destination = "/t", .type = "tmpfs"}});
    wanted.arrange = [](const std::string& bundle) { ::mount(nullptr, bundle.c_str(), nullptr, MS_SHARED, nullptr); };
    wanted.outside = [](const std::string& bundle) {
        return std::to_string(mount_count(content("/proc/self/mountinfo"), bundle + "/rootfs/t"));
    };
    const RootfsResult result = run_in_rootfs(wanted);
    CHECK(mount_count(result.inside, "/t") == 1);
    CHECK(result.outside == "0");
}

TEST_CASE("a ro tmpfs takes the mounts below it and is read-only in the end", "[rootfs]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted = case_with({{.destination = "/dev", .type = "tmpfs", .source = "tmpfs", .options = {"ro"}},
                                       {.destination = "/dev/shm", .type = "tmpfs", .source = "shm"}});
        wanted.user_namespace = user_namespace;
        wanted.inside = [](int) {
            return concat(try_write("/dev/x", "x"), " ", try_write("/dev/shm/x", "x"), " ",
                          try_write("/dev/null", "x"));
        };
        CHECK(run_in_rootfs(wanted).inside == "EROFS ok ok");
    }
}

TEST_CASE("a tmpfs without mode= has the mode of the directory it covers", "[rootfs]") {
    RootfsCase wanted = case_with({{.destination = "/run", .type = "tmpfs"},
                                   {.destination = "/fresh", .type = "tmpfs"},
                                   {.destination = "/given", .type = "tmpfs", .options = {"mode=0700"}}});
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/run", 03750);
        make_directory(bundle + "/rootfs/given", 0755);
    };
    wanted.inside = [](int) { return concat(describe("/run"), ", ", describe("/fresh"), ", ", describe("/given")); };
    CHECK(run_in_rootfs(wanted).inside == "d 03750 0:0, d 01777 0:0, d 0700 0:0");
}

TEST_CASE("proc and sysfs go on a real directory only", "[rootfs]") {
    for (const char* target : {"/etc", "../..", "missing"}) {
        RootfsCase wanted = case_with({{.destination = "/proc", .type = "proc", .source = "proc"}});
        wanted.arrange = [&](const std::string& bundle) {
            make_directory(bundle + "/rootfs/etc");
            make_link(bundle + "/rootfs/proc", target);
        };
        CHECK(contains(run_in_rootfs(wanted).inside, "must be mounted on ordinary directory"));
    }
}

TEST_CASE("sysfs without an own network namespace is the host's, read-only with all below it", "[rootfs]") {
    RootfsCase wanted = case_with({{.destination = "/sys", .type = "sysfs", .source = "sysfs", .options = {"nosuid"}}});
    wanted.user_namespace = true;
    wanted.network_namespace = false;
    wanted.arrange = [](const std::string& bundle) { make_directory(bundle + "/rootfs/sys"); };
    const RootfsResult result = run_in_rootfs(wanted);
    INFO(result.inside);
    CHECK(contains(mountinfo_line(result.inside, "/sys"), " ro,nosuid"));
    for (const std::string& line : split(result.inside, '\n')) {
        if (contains(line, " /sys/")) CHECK(contains(line, " ro,nosuid"));
    }
}

TEST_CASE("where a mapped root may not make a mount point, the message says who would need what", "[rootfs]") {
    RootfsCase wanted = case_with({{.destination = "/new/point", .type = "tmpfs"}});
    wanted.user_namespace = true;
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "mount 0 (tmpfs on /new/point): cannot make the mount point '/new/point'"));
    CHECK(contains(text, "mode 0755"));
    CHECK(contains(text, "host uid 100000"));
    CHECK(contains(text, "(EACCES)"));
    CHECK(contains(text, "mkdir -p "));
}

TEST_CASE("messages of mounts that cannot be made", "[rootfs]") {
    struct Row {
        spec::Mount mount;
        std::vector<std::string> words;
    };
    const std::vector<Row> rows{
        {bind("missing", "/d"), {"mount 0 (bind on /d): cannot open the source '", "/missing'", "(ENOENT)", "hint: "}},
        {{.destination = "/d", .type = "nonsensefs"}, {"mount 0 (nonsensefs on /d)", "nonsensefs", "(ENODEV)"}},
        {{.destination = "/d", .type = "tmpfs", .options = {"size=much"}},
         {"tmpfs", "Bad value for 'size'", "(EINVAL)"}},
        {{.destination = "/d", .type = "tmpfs", .options = {"colour=red"}}, {"colour", "(EINVAL)"}},
        {bind("/etc/passwd", "/dev"), {"a file cannot be mounted on a directory"}},
    };
    for (const Row& row : rows) {
        const RootfsCase wanted = case_with({row.mount});
        const std::string text = run_in_rootfs(wanted).inside;
        INFO(text);
        for (const std::string& word : row.words) CHECK(contains(text, word));
    }
}
