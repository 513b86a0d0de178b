// The option tmpcopyup.

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <stdexcept>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/errno_text.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RootfsCase copy_up_case(bool user_namespace, std::vector<std::string> more = {}) {
    more.emplace_back("tmpcopyup");
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.config.mounts = {{.destination = "/d", .type = "tmpfs", .source = "tmpfs", .options = std::move(more)}};
    wanted.user_namespace = user_namespace;
    return wanted;
}

void must(int result, const char* what) {
    if (result < 0) throw std::runtime_error(what);
}

void make_owned(const std::string& path, uid_t uid, gid_t gid, mode_t mode) {
    must(::lchown(path.c_str(), uid, gid), "lchown");
    must(::chmod(path.c_str(), mode), "chmod");
}

std::string attribute(const std::string& path, const char* name) {
    char value[256];
    const ssize_t length = ::getxattr(path.c_str(), name, value, sizeof value);
    return length < 0 ? errno_name(errno) : std::string(value, static_cast<std::size_t>(length));
}

}  // namespace

TEST_CASE("the tmpfs begins with what it covers: content, modes, owners, links, times", "[rootfs][copy-up]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        const uid_t base = user_namespace ? 100000 : 0;
        RootfsCase wanted = copy_up_case(user_namespace);
        wanted.arrange = [&](const std::string& bundle) {
            const std::string d = bundle + "/rootfs/d";
            make_directory(d);
            make_directory(d + "/sub");
            make_directory(d + "/sub/deep");
            make_file(d + "/sub/deep/file", "text");
            make_owned(d + "/sub/deep/file", base + 7, base + 8, 04751);
            make_file(d + "/wide", "");
            make_owned(d + "/wide", base, base, 0666);
            make_owned(d + "/sub/deep", base + 3, base + 4, 02777);
            make_link(d + "/link", "/etc/passwd");
            make_link(d + "/dangling", "nowhere");
            must(::lchown((d + "/link").c_str(), base + 5, base + 6), "lchown");
            ::mkfifo((d + "/fifo").c_str(), 0600);
            make_owned(d + "/fifo", base, base, 0622);
            must(::link((d + "/wide").c_str(), (d + "/sub/other-name").c_str()), "link");
            const timespec times[]{{.tv_sec = 1000, .tv_nsec = 5}, {.tv_sec = 2000, .tv_nsec = 7}};
            ::utimensat(AT_FDCWD, (d + "/sub/deep/file").c_str(), times, 0);
            ::utimensat(AT_FDCWD, (d + "/sub").c_str(), times, 0);
            make_owned(d, base + 1, base + 2, 03775);
        };
        wanted.inside = [](int) {
            struct stat file{};
            struct stat directory{};
            struct stat one{};
            struct stat other{};
            ::stat("/d/sub/deep/file", &file);
            ::stat("/d/sub", &directory);
            ::stat("/d/wide", &one);
            ::stat("/d/sub/other-name", &other);
            return join(
                {describe("/d"), describe("/d/sub"), describe("/d/sub/deep"), describe("/d/sub/deep/file"),
                 content("/d/sub/deep/file"), describe("/d/wide"), describe("/d/link"), describe("/d/dangling"),
                 describe("/d/fifo"), std::to_string(file.st_mtim.tv_sec), std::to_string(file.st_mtim.tv_nsec),
                 std::to_string(directory.st_mtim.tv_sec), one.st_ino == other.st_ino ? "one file" : "two files"},
                "\n");
        };
        CHECK(run_in_rootfs(wanted).inside ==
              join({"d 03775 1:2", "d 0755 0:0", "d 02777 3:4", "- 04751 7:8", "text", "- 0666 0:0", "l /etc/passwd",
                    "l nowhere", "? 0:0 0622 0:0", "2000", "7", "2000", "one file"},
                   "\n"));
    }
}

TEST_CASE("many directories, one beside the other and one in the other, are copied with all that is in them",
          "[rootfs][copy-up]") {
    RootfsCase wanted = copy_up_case(false);
    std::vector<std::string> names;
    for (int i = 0; i < 40; ++i) {
        const std::string number = std::to_string(i);
        names.push_back(concat("a directory whose name is not short ", number));
        names.push_back(concat("a directory whose name is not short ", number, "/inside"));
    }
    wanted.arrange = [&](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d");
        for (const std::string& name : names) {
            make_directory(concat(bundle, "/rootfs/d/", name));
            make_file(concat(bundle, "/rootfs/d/", name, "/file"), name);
        }
    };
    wanted.inside = [&](int) {
        std::string wrong;
        for (const std::string& name : names) {
            if (content(concat("/d/", name, "/file")) != name) wrong += name + "; ";
        }
        return wrong;
    };
    CHECK(run_in_rootfs(wanted).inside.empty());
}

TEST_CASE("a set-id file of an owner that the user namespace does not have loses those bits", "[rootfs][copy-up]") {
    RootfsCase wanted = copy_up_case(true);
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d");
        make_file(bundle + "/rootfs/d/foreign", "x");
        make_owned(bundle + "/rootfs/d/foreign", 0, 0, 06755);
        make_file(bundle + "/rootfs/d/mapped", "x");
        make_owned(bundle + "/rootfs/d/mapped", 100000, 100000, 06755);
    };
    wanted.inside = [](int) { return describe("/d/foreign") + ", " + describe("/d/mapped"); };
    CHECK(run_in_rootfs(wanted).inside == "- 0755 0:0, - 06755 0:0");
}

TEST_CASE("device nodes are copied where they may be made, else left out", "[rootfs][copy-up]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted = copy_up_case(user_namespace);
        wanted.arrange = [](const std::string& bundle) {
            make_directory(bundle + "/rootfs/d");
            ::mknod((bundle + "/rootfs/d/null").c_str(), S_IFCHR | 0600, ::makedev(1, 3));
        };
        wanted.inside = [](int) { return describe("/d/null"); };
        CHECK(run_in_rootfs(wanted).inside == (user_namespace ? "ENOENT" : "c 1:3 0600 0:0"));
    }
}

TEST_CASE("what is below the directory by another mount, or behind a link, is not copied", "[rootfs][copy-up]") {
    RootfsCase wanted = copy_up_case(false);
    wanted.config.mounts.insert(wanted.config.mounts.begin(),
                                {.destination = "/d/mounted", .type = "none", .source = "secret", .options = {"bind"}});
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/secret");
        make_file(bundle + "/secret/file", "secret");
        make_directory(bundle + "/rootfs/d");
        make_directory(bundle + "/rootfs/d/mounted");
        make_link(bundle + "/rootfs/d/out", bundle + "/secret");
    };
    wanted.inside = [](int) {
        return describe("/d/mounted") + " " + describe("/d/mounted/file") + " " + describe("/d/out");
    };
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "d 0755 0:0 ENOENT l /tmp/"));
}

TEST_CASE("holes stay holes, and a tmpfs that is too small says so", "[rootfs][copy-up]") {
    const auto make_sparse = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d");
        make_file(bundle + "/rootfs/d/sparse", "begin");
        must(::truncate((bundle + "/rootfs/d/sparse").c_str(), off_t{1} << 30), "truncate");
    };
    RootfsCase wanted = copy_up_case(false, {"size=1m"});
    wanted.arrange = make_sparse;
    wanted.inside = [](int) {
        struct stat status{};
        ::stat("/d/sparse", &status);
        return concat(status.st_size, status.st_blocks < 100 ? " sparse" : " full");
    };
    CHECK(run_in_rootfs(wanted).inside == "1073741824 sparse");
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d");
        make_file(bundle + "/rootfs/d/big", std::string(2 << 20, 'x'));
    };
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "cannot copy up '/d/big'"));
    CHECK(contains(text, "(ENOSPC)"));
    CHECK(contains(text, "raise its size="));
}

TEST_CASE("extended attributes and access lists go along", "[rootfs][copy-up]") {
    RootfsCase wanted = copy_up_case(false);
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d");
        make_file(bundle + "/rootfs/d/file", "x");
        must(::setxattr((bundle + "/rootfs/d/file").c_str(), "trusted.one", "1", 1, 0), "setxattr");
        ::setxattr((bundle + "/rootfs/d").c_str(), "trusted.two", "2", 1, 0);
    };
    wanted.inside = [](int) { return attribute("/d/file", "trusted.one") + attribute("/d", "trusted.two"); };
    CHECK(run_in_rootfs(wanted).inside == "12");
}

TEST_CASE("uid=, gid= and mode= count more than what is covered; ro and nothing to copy are no obstacle",
          "[rootfs][copy-up]") {
    RootfsCase wanted = copy_up_case(false, {"uid=9", "gid=10", "mode=0700", "ro", "iversion"});
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d", 0711);
        make_file(bundle + "/rootfs/d/file", "x");
    };
    wanted.inside = [](int) { return describe("/d") + " " + content("/d/file") + " " + try_write("/d/new", "x"); };
    CHECK(run_in_rootfs(wanted).inside == "d 0700 9:10 x EROFS");
    wanted = copy_up_case(true);
    wanted.arrange = [](const std::string& bundle) { make_owned(bundle + "/rootfs", 100000, 100000, 0755); };
    wanted.inside = [](int) { return describe("/d") + " " + try_write("/d/new", "x"); };
    CHECK(run_in_rootfs(wanted).inside == "d 01777 0:0 ok");
}

TEST_CASE("deep directories need few open files, and a file that root may not read is an error", "[rootfs][copy-up]") {
    RootfsCase wanted = copy_up_case(true);
    wanted.arrange = [](const std::string& bundle) {
        std::string path = bundle + "/rootfs/d";
        make_directory(path);
        for (int i = 0; i < 300; ++i) make_directory(path += "/x");
        make_file(path + "/end", "end");
    };
    wanted.inside = [](int) {
        std::string path = "/d";
        for (int i = 0; i < 300; ++i) path += "/x";
        return content(path + "/end");
    };
    CHECK(run_in_rootfs(wanted).inside == "end");
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/d");
        make_file(bundle + "/rootfs/d/closed", "x");
        ::chmod((bundle + "/rootfs/d/closed").c_str(), 0600);
    };
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "cannot copy up '/d/closed': root of the container may not read it"));
}

TEST_CASE("the tmpfs for /dev keeps its own devices", "[rootfs][copy-up]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = copy_up_case(user_namespace);
        wanted.config.mounts[0].destination = "/dev";
        wanted.arrange = [](const std::string& bundle) {
            make_file(bundle + "/rootfs/dev/file", "text");
            must(::mknod((bundle + "/rootfs/dev/null").c_str(), S_IFCHR | 0600, ::makedev(1, 3)), "mknod");
        };
        wanted.inside = [](int) { return content("/dev/file") + " " + describe("/dev/null"); };
        CHECK(run_in_rootfs(wanted).inside == (user_namespace ? "text c 1:3 0666 0:0" : "text c 1:3 0600 0:0"));
    }
}
