// Where a rootfs may lie: on which file system, by which path, on a mount of its own or not.

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string mountinfo(int proc) { return os::read_file(proc, "self/mountinfo"); }

bool run(const std::string& command) { return std::system(concat("exec >/dev/null 2>&1; ", command).c_str()) == 0; }

// A disk image with an ext4 that holds the directories of a rootfs; false when this machine cannot mount one.
bool make_disk(const std::string& image, const std::string& mount_point) {
    return run(concat("truncate -s 8M ", image, " && mkfs.ext4 -q -F ", image, " && mount -o loop ", image, " ",
                      mount_point, " && mkdir ", mount_point, "/dev ", mount_point, "/proc ", mount_point, "/tmp"));
}

// /proc, a tmpfs, and a masked directory: what has to be made, mounted, and protected everywhere.
RootfsCase customary_case(bool user_namespace) {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.user_namespace = user_namespace;
    wanted.config.mounts = {{.destination = "/proc", .type = "proc", .source = "proc"},
                            {.destination = "/dev", .type = "tmpfs", .source = "tmpfs", .options = {"mode=755"}},
                            {.destination = "/tmp", .type = "tmpfs", .source = "tmpfs"}};
    wanted.config.linux.masked_paths = {"/proc/kcore", "/proc/scsi", "/proc/acpi"};
    wanted.config.linux.readonly_paths = {"/proc/sys"};
    wanted.inside = [](int proc) {
        const std::string info = mountinfo(proc);
        const bool protects = contains(mountinfo_line(info, "/proc/sys"), " ro,");
        return concat(describe("/dev/null"), " ", try_write("/tmp/x", "x"), protects ? " ro\n" : " rw\n", info);
    };
    return wanted;
}

void make_rootfs_directories(const std::string& rootfs) {
    for (const char* name : {"/proc", "/tmp"}) make_directory(rootfs + name);
}

constexpr const char* works = "c 1:3 0666 0:0 ok ro\n";

}  // namespace

TEST_CASE("a rootfs on an overlay", "[rootfs][media]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted = customary_case(user_namespace);
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/lower", "/upper", "/work"}) make_directory(bundle + name);
            make_directory(bundle + "/lower/dev");
            make_rootfs_directories(bundle + "/lower");
            const std::string layers =
                concat("lowerdir=", bundle, "/lower,upperdir=", bundle, "/upper,workdir=", bundle, "/work");
            if (::mount("overlay", (bundle + "/rootfs").c_str(), "overlay", 0, layers.c_str()) < 0)
                throw std::runtime_error("no overlay");
        };
        const RootfsResult result = run_in_rootfs(wanted);
        if (result.inside == "error: no overlay") SKIP_TEST("overlay cannot be mounted here");
        INFO(result.inside);
        CHECK(result.inside.find(works) == 0);
        CHECK(contains(mountinfo_line(result.inside, "/"), " - overlay "));
    }
}

TEST_CASE("a rootfs on a disk, read-write and on read-only media, with and without readonly", "[rootfs][media]") {
    struct Row {
        bool media_read_only;
        std::optional<bool> readonly;
        const char* root;
        const char* write;
    };
    for (const bool user_namespace : {false, true}) {
        for (const Row& row : {Row{false, false, " rw,", "ok"}, Row{false, true, " ro,", "EROFS"},
                               Row{true, true, " ro,", "EROFS"}, Row{true, false, " ro,", "EROFS"}}) {
            INFO("media " << (row.media_read_only ? "ro" : "rw") << (user_namespace ? ", user namespace" : ""));
            RootfsCase wanted = customary_case(user_namespace);
            wanted.config.root.readonly = row.readonly.value_or(false);
            wanted.arrange = [&](const std::string& bundle) {
                if (!make_disk(bundle + "/disk", bundle + "/rootfs")) throw std::runtime_error("no disk");
                ::chmod((bundle + "/rootfs").c_str(), 0777);
                const unsigned long flags = MS_REMOUNT | (row.media_read_only ? MS_RDONLY : 0);
                if (::mount(nullptr, (bundle + "/rootfs").c_str(), nullptr, flags, nullptr) < 0)
                    throw std::runtime_error("remount");
            };
            const auto inside = wanted.inside;
            wanted.inside = [inside](int proc) { return concat(try_write("/new", "x"), " ", inside(proc)); };
            const RootfsResult result = run_in_rootfs(wanted);
            if (result.inside == "error: no disk") SKIP_TEST("no loop device can be mounted here");
            INFO(result.inside);
            CHECK(result.inside.find(concat(row.write, " ", works)) == 0);
            CHECK(contains(mountinfo_line(result.inside, "/"), row.root));
            CHECK(contains(mountinfo_line(result.inside, "/"), " - ext4 "));
        }
    }
}

TEST_CASE("a mount point that is missing on read-only media is named, and the way out", "[rootfs][media]") {
    RootfsCase wanted = customary_case(false);
    wanted.config.mounts.push_back({.destination = "/data/new", .type = "tmpfs", .source = "tmpfs"});
    wanted.arrange = [](const std::string& bundle) {
        make_rootfs_directories(bundle + "/rootfs");
        ::mount("tmpfs", (bundle + "/rootfs").c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr);
        ::mount((bundle + "/rootfs").c_str(), (bundle + "/rootfs").c_str(), nullptr, MS_BIND, nullptr);
        ::mount(nullptr, (bundle + "/rootfs").c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr);
    };
    const std::string text = run_in_rootfs(wanted).inside;
    INFO(text);
    CHECK(contains(text, "mount 3 (tmpfs on /data/new): cannot make the mount point '/data/new'"));
    CHECK(contains(text, "(EROFS)"));
    CHECK(contains(text, "hint: make it in the rootfs before: mkdir -p "));
}

TEST_CASE("the bundle as rootfs, a symbolic link to it, a mount point of its own, a path with dots",
          "[rootfs][media]") {
    struct Row {
        const char* path;
        const char* rootfs;  // below the bundle
        bool mount_point;
    };
    for (const bool user_namespace : {false, true}) {
        for (const Row& row :
             {Row{".", "", false}, Row{"link", "/rootfs", false}, Row{"rootfs", "/rootfs", true},
              Row{"./rootfs/../rootfs//", "/rootfs", false}, Row{"deep/rootfs", "/deep/rootfs", false}}) {
            INFO(row.path << (user_namespace ? ", user namespace" : ""));
            RootfsCase wanted = customary_case(user_namespace);
            wanted.config.root.path = row.path;
            // What lies below the rootfs is found there, wherever that is.
            wanted.config.mounts.push_back(
                {.destination = "/tmp/data", .type = "none", .source = "data", .options = {"bind"}});
            wanted.arrange = [&](const std::string& bundle) {
                const std::string rootfs = bundle + row.rootfs;
                if (row.mount_point) ::mount("tmpfs", rootfs.c_str(), "tmpfs", 0, "mode=755");
                run(concat("mkdir -p ", rootfs, "/dev ", rootfs, "/proc ", rootfs, "/tmp ", bundle, "/data"));
                make_link(bundle + "/link", "rootfs");
                make_file(rootfs + "/is", "the rootfs");
                make_file(bundle + "/data/is", "data");
            };
            const auto inside = wanted.inside;
            wanted.inside = [inside](int proc) {
                return concat(content("/is"), " ", content("/tmp/data/is"), " ", inside(proc));
            };
            const RootfsResult result = run_in_rootfs(wanted);
            INFO(result.inside);
            CHECK(result.inside.find(concat("the rootfs data ", works)) == 0);
        }
    }
}

TEST_CASE("what is mounted below the rootfs on the host comes along", "[rootfs][media]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted = customary_case(user_namespace);
        wanted.config.root.readonly = true;
        wanted.arrange = [](const std::string& bundle) {
            make_rootfs_directories(bundle + "/rootfs");
            make_directory(bundle + "/rootfs/volume");
            ::mount("tmpfs", (bundle + "/rootfs/volume").c_str(), "tmpfs", 0, "mode=777");
            make_file(bundle + "/rootfs/volume/is", "here");
        };
        wanted.inside = [](int) {
            return concat(content("/volume/is"), " ", try_write("/volume/x", "x"), " ", try_write("/x", "x"));
        };
        // "readonly" is about the root file system (config.md "Root"), not about the volumes on it.
        CHECK(run_in_rootfs(wanted).inside == "here ok EROFS");
    }
}

TEST_CASE("parents of a mount point: 0755 despite the umask, the set-id group inherited", "[rootfs][media]") {
    RootfsCase wanted = customary_case(false);
    wanted.config.mounts.push_back(
        {.destination = "/group/a/b", .type = "tmpfs", .source = "tmpfs", .options = {"mode=700"}});
    wanted.config.mounts.push_back(
        {.destination = "/group/c/file", .type = "none", .source = "file/", .options = {"bind"}});
    wanted.arrange = [](const std::string& bundle) {
        make_rootfs_directories(bundle + "/rootfs");
        make_file(bundle + "/file", "text");
        make_directory(bundle + "/rootfs/group");
        if (::chown((bundle + "/rootfs/group").c_str(), 0, 77) < 0) throw std::runtime_error("chown");
        ::chmod((bundle + "/rootfs/group").c_str(), 02775);
        ::umask(077);
    };
    wanted.inside = [](int) {
        return join({describe("/group/a"), describe("/group/a/b"), describe("/group/c"), content("/group/c/file")},
                    ", ");
    };
    CHECK(run_in_rootfs(wanted).inside == "d 02755 0:77, d 0700 0:0, d 02755 0:77, text");
}
