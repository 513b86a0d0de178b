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

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string mountinfo(int proc) { return os::read_file(proc, "self/mountinfo"); }

RootfsCase empty_case() {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.inside = mountinfo;
    return wanted;
}

dev_t device_of(const char* path) {
    struct stat status{};
    return ::stat(path, &status) == 0 ? status.st_dev : 0;
}

}  // namespace

TEST_CASE("masked files are empty, masked directories are one empty read-only tmpfs", "[rootfs][masks]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = empty_case();
        wanted.user_namespace = user_namespace;
        wanted.config.mounts = {{.destination = "/proc", .type = "proc", .source = "proc"}};
        wanted.config.linux.masked_paths = {"/one",   "/two",     "/secret",       "/link",
                                            "/other", "/missing", "/proc/version", "/secret/below"};
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/rootfs/one", "/rootfs/two", "/rootfs/proc"}) make_directory(bundle + name, 0777);
            for (const char* name : {"/rootfs/one/in", "/rootfs/secret", "/rootfs/other"})
                make_file(bundle + name, "secret");
            make_link(bundle + "/rootfs/link", "/secret");
        };
        wanted.inside = [](int proc) {
            return concat(device_of("/one") == device_of("/two") ? "same " : "different ", content("/secret"),
                          content("/other"), content("/proc/version"), describe("/one/in"), " ",
                          try_write("/one/x", "x"), "\n", mountinfo(proc));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(contains(result.inside, "same ENOENT EROFS\n"));
        CHECK(mount_count(result.inside, "/secret") == 1);  // by two names
        CHECK(mount_count(result.inside, "/other") == 1);
        CHECK(mount_count(result.inside, "/one") == 1);
        CHECK(mount_count(result.inside, "/proc/version") == 1);
        CHECK(contains(mountinfo_line(result.inside, "/two"), " ro,nosuid,nodev,noexec"));
    }
}

TEST_CASE("the mask for files does not come from the rootfs", "[rootfs][masks]") {
    RootfsCase wanted = empty_case();
    wanted.config.linux.masked_paths = {"/secret"};
    // A bind mount on /dev, so that no device of ours replaces what the image says is /dev/null.
    wanted.config.mounts = {{.destination = "/dev", .type = "none", .source = "evil", .options = {"bind"}}};
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/evil");
        make_file(bundle + "/rootfs/target", "canary");
        make_link(bundle + "/evil/null", "/target");
        make_file(bundle + "/rootfs/secret", "secret");
    };
    wanted.inside = [](int) { return concat(describe("/secret"), " ", content("/target")); };
    CHECK(run_in_rootfs(wanted).inside == "c 1:3 0666 0:0 canary");
}

TEST_CASE("a dangling symbolic link as masked or read-only path is an error", "[rootfs][masks]") {
    RootfsCase masked = empty_case();
    masked.config.linux.masked_paths = {"/dangling"};
    masked.arrange = [](const std::string& bundle) { make_link(bundle + "/rootfs/dangling", "/nowhere"); };
    CHECK(contains(run_in_rootfs(masked).inside, "cannot mask '/dangling': it is a symbolic link to nothing"));
    RootfsCase read_only = empty_case();
    read_only.config.linux.readonly_paths = {"/dangling"};
    read_only.arrange = masked.arrange;
    CHECK(contains(run_in_rootfs(read_only).inside, "cannot make read-only '/dangling'"));
}

TEST_CASE("read-only paths: with all mounts below, each once, the missing ones skipped", "[rootfs][masks]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = empty_case();
        wanted.user_namespace = user_namespace;
        wanted.config.mounts = {
            {.destination = "/tree/below", .type = "tmpfs", .source = "below"},
            {.destination = "/proc", .type = "proc", .source = "proc", .options = {"nosuid", "noexec"}}};
        wanted.config.linux.readonly_paths = {"/tree", "/file", "/link", "/missing", "/proc/sys"};
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/rootfs/tree", "/rootfs/tree/below", "/rootfs/proc"})
                make_directory(bundle + name, 0777);
            make_file(bundle + "/rootfs/file", "text");
            ::chmod((bundle + "/rootfs/file").c_str(), 0666);
            make_link(bundle + "/rootfs/link", "/tree");
        };
        wanted.inside = [](int proc) {
            return concat(try_write("/tree/x", "x"), " ", try_write("/tree/below/x", "x"), " ", try_write("/file", "x"),
                          "\n", mountinfo(proc));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(contains(result.inside, "EROFS EROFS EROFS\n"));
        CHECK(mount_count(result.inside, "/tree") == 1);  // by two names
        CHECK(contains(mountinfo_line(result.inside, "/proc/sys"), " ro,nosuid,noexec"));
    }
}

TEST_CASE("a read-only root is so although the image has files at the names under /proc", "[rootfs]") {
    for (const bool user_namespace : {false, true}) {
        RootfsCase wanted = empty_case();
        wanted.user_namespace = user_namespace;
        wanted.config.root.readonly = true;
        wanted.config.mounts = {{.destination = "/proc", .type = "tmpfs"}, {.destination = "/work", .type = "tmpfs"}};
        wanted.arrange = [](const std::string& bundle) {
            for (const char* name : {"/rootfs/proc", "/rootfs/work"}) make_directory(bundle + name);
            make_directory(bundle + "/rootfs/open", 0777);
        };
        wanted.inside = [](int proc) {
            return concat(try_write("/open/x", "x"), " ", try_write("/work/x", "x"), "\n", mountinfo(proc));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(contains(result.inside, "EROFS ok\n"));
        CHECK(contains(mountinfo_line(result.inside, "/"), " ro"));
    }
}

TEST_CASE("rootfsPropagation is what mountinfo says", "[rootfs]") {
    struct Row {
        const char* word;
        const char* tag;
    };
    for (const Row& row :
         {Row{"shared", "shared:"}, Row{"slave", "master:"}, Row{"private", ""}, Row{"unbindable", "unbindable"}}) {
        INFO(row.word);
        RootfsCase wanted = empty_case();
        wanted.config.linux.rootfs_propagation = row.word;
        wanted.arrange = [](const std::string& bundle) {
            ::mount(nullptr, bundle.c_str(), nullptr, MS_SHARED, nullptr);
        };
        wanted.inside = [](int proc) {
            ::mkdir("/point", 0755);
            ::mount("tmpfs", "/point", "tmpfs", 0, "");
            return mountinfo(proc);
        };
        wanted.outside = [](const std::string& bundle) {
            return std::to_string(mount_count(content("/proc/self/mountinfo"), bundle + "/rootfs/point"));
        };
        const RootfsResult result = run_in_rootfs(wanted);
        const std::string line = mountinfo_line(result.inside, "/");
        INFO(line);
        CHECK(contains(line, row.tag));
        if (*row.tag == '\0') CHECK_FALSE((contains(line, "shared:") || contains(line, "master:")));
        CHECK(result.outside == "0");  // "shared" is a new peer group: the host is not in it
    }
}

TEST_CASE("nothing of the host's tree can be reached after the root was entered", "[rootfs]") {
    RootfsCase wanted = empty_case();
    wanted.inside = [](int proc) {
        std::string points;
        for (const std::string& line : split(mountinfo(proc), '\n')) {
            if (!line.empty()) points += split(line, ' ')[4] + " ";
        }
        return points;
    };
    CHECK(run_in_rootfs(wanted).inside == "/ ");
}

TEST_CASE("without a mount namespace the rootfs is entered by chroot, and nothing is mounted or made", "[rootfs]") {
    RootfsCase wanted = empty_case();
    wanted.mount_namespace = plan::MountNamespace::none;
    wanted.arrange = [](const std::string& bundle) { make_file(bundle + "/rootfs/here", "here"); };
    wanted.inside = [](int) { return concat(content("/here"), " ", describe("/dev/null")); };
    CHECK(run_in_rootfs(wanted).inside == "here ENOENT");
}

TEST_CASE("no owner, mode or time of a file in the rootfs changes", "[rootfs]") {
    RootfsCase wanted = empty_case();
    wanted.user_namespace = true;
    wanted.config.mounts = customary_mounts();
    wanted.config.linux.masked_paths = {"/etc/shadow"};
    wanted.config.linux.readonly_paths = {"/etc"};
    const auto snapshot = [](const std::string& bundle) {
        std::string text;
        for (const char* name : {"", "/etc", "/etc/shadow", "/dev", "/proc", "/sys"}) {
            struct stat status{};
            ::lstat(concat(bundle, "/rootfs", name).c_str(), &status);
            text += concat(status.st_uid, ":", status.st_gid, " ", status.st_mode, " ", status.st_mtim.tv_sec, ".",
                           status.st_mtim.tv_nsec, "\n");
        }
        return text;
    };
    wanted.arrange = [&](const std::string& bundle) {
        for (const char* name : {"/rootfs/etc", "/rootfs/proc", "/rootfs/sys"}) make_directory(bundle + name);
        make_file(bundle + "/rootfs/etc/shadow", "x");
        make_file(bundle + "/before", snapshot(bundle));
    };
    wanted.outside = [&](const std::string& bundle) {
        return content(bundle + "/before") == snapshot(bundle) ? "same"
                                                               : concat(content(bundle + "/before"), snapshot(bundle));
    };
    const RootfsResult result = run_in_rootfs(wanted);
    CHECK_FALSE(contains(result.inside, "error"));
    CHECK(result.outside == "same");
}
