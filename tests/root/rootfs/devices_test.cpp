#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/rootfs/console.hpp"

using namespace rt;
using namespace rt::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

RootfsCase case_with_dev() {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.config.mounts = customary_mounts();
    wanted.arrange = [](const std::string& bundle) {
        for (const char* name : {"/rootfs/proc", "/rootfs/sys"}) make_directory(bundle + name);
    };
    return wanted;
}

std::string all_nodes(int) {
    std::string text;
    for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"})
        text += describe(concat("/dev/", name)) + "\n";
    return text;
}

constexpr const char* right_nodes =
    "c 1:3 0666 0:0\nc 1:5 0666 0:0\nc 1:7 0666 0:0\nc 1:8 0666 0:0\nc 1:9 0666 0:0\nc 5:0 0666 0:0\n";

}  // namespace

TEST_CASE("the default devices are nodes of the container's root, and work", "[rootfs][devices]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = case_with_dev();
        wanted.user_namespace = user_namespace;
        wanted.inside = all_nodes;
        CHECK(run_in_rootfs(wanted).inside == right_nodes);
        wanted.inside = [](int proc) {
            const os::UniqueFd zero = os::open_at(AT_FDCWD, "/dev/zero", O_RDONLY);
            char byte = 'x';
            return concat(try_write("/dev/null", "x"), " ", try_write("/dev/full", "x"), " ",
                          ::read(zero.get(), &byte, 1) == 1 && byte == 0 ? "zero" : "not zero", " ", describe("/dev"),
                          " ", mount_count(os::read_file(proc, "self/mountinfo"), "/dev/null"));
        };
        CHECK(run_in_rootfs(wanted).inside == "ok ENOSPC zero d 0755 0:0 0");
    }
}

TEST_CASE("an ordinary user's container has the host's nodes, bound", "[rootfs][devices]") {
    RootfsCase wanted = case_with_dev();
    wanted.user_namespace = true;
    wanted.rootless = true;
    wanted.inside = [](int proc) {
        return concat(try_write("/dev/null", "x"), " ", try_write("/dev/full", "x"), " ",
                      mount_count(os::read_file(proc, "self/mountinfo"), "/dev/null"), " ", describe("/dev/null"));
    };
    const RootfsResult result = run_in_rootfs(wanted);
    CHECK(contains(result.inside, "ok ENOSPC 1 c 1:3 0666 "));
}

TEST_CASE("the links of /dev", "[rootfs][devices]") {
    RootfsCase wanted = case_with_dev();
    wanted.inside = [](int) {
        std::string text;
        for (const char* name : {"fd", "stdin", "stdout", "stderr", "ptmx"})
            text += describe(concat("/dev/", name)) + "\n";
        return text;
    };
    CHECK(run_in_rootfs(wanted).inside ==
          "l /proc/self/fd\nl /proc/self/fd/0\nl /proc/self/fd/1\nl /proc/self/fd/2\nl pts/ptmx\n");
    wanted.config.mounts.erase(wanted.config.mounts.begin());  // no /proc: what they would point to does not exist
    CHECK(run_in_rootfs(wanted).inside == "ENOENT\nENOENT\nENOENT\nENOENT\nl pts/ptmx\n");
}

TEST_CASE("a /dev that is a symbolic link to the host changes nothing there", "[rootfs][devices]") {
    for (const bool absolute : {true, false}) {
        RootfsCase wanted;
        wanted.config.root.path = "rootfs";
        wanted.arrange = [&](const std::string& bundle) {
            make_directory(bundle + "/canary");
            make_file(bundle + "/canary/ptmx", "canary");
            ::rmdir((bundle + "/rootfs/dev").c_str());
            make_link(bundle + "/rootfs/dev", absolute ? bundle + "/canary" : "../canary");
            make_directory(bundle + "/rootfs/canary");
            make_file(bundle + "/rootfs/canary/ptmx", "of the image");
        };
        wanted.inside = [](int) { return describe("/canary/ptmx"); };
        wanted.outside = [](const std::string& bundle) {
            const os::UniqueFd canary = os::open_at(AT_FDCWD, bundle + "/canary", O_RDONLY);
            return concat(content(bundle + "/canary/ptmx"), " ", os::names_in(canary.get(), "canary").size());
        };
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(result.outside == "canary 1");
        if (absolute)
            CHECK(contains(result.inside, "cannot open '/dev': in the rootfs it is a symbolic link to nothing"));
        if (!absolute) CHECK(result.inside == "l pts/ptmx");
    }
}

TEST_CASE("another file at the place of a device is an error and is left alone", "[rootfs][devices]") {
    struct Row {
        const char* name;
        std::function<void(const std::string& path)> make;
    };
    const std::vector<Row> rows{
        {"a link", [](const std::string& path) { make_link(path, "/target"); }},
        {"a directory", [](const std::string& path) { make_directory(path); }},
        {"another device", [](const std::string& path) { ::mknod(path.c_str(), S_IFCHR | 0666, ::makedev(1, 5)); }},
    };
    for (const bool user_namespace : {false, true}) {
        for (const Row& row : rows) {
            INFO(row.name);
            RootfsCase wanted;
            wanted.config.root.path = "rootfs";
            wanted.user_namespace = user_namespace;
            wanted.arrange = [&](const std::string& bundle) {
                make_file(bundle + "/rootfs/target", "canary");
                row.make(bundle + "/rootfs/dev/null");
            };
            wanted.outside = [](const std::string& bundle) { return content(bundle + "/rootfs/target"); };
            const RootfsResult result = run_in_rootfs(wanted);
            CHECK(contains(result.inside,
                           "cannot make the device '/dev/null': the rootfs has another file at that place"));
            CHECK(result.outside == "canary");
        }
    }
}

TEST_CASE("the terminal is a pty of the container, on /dev/console, with raw line ends", "[rootfs][console]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = case_with_dev();
        wanted.user_namespace = user_namespace;
        wanted.before_protect = [](int root) {
            plan::Process process;
            process.console_size = spec::ConsoleSize{.height = 24, .width = 99};
            process.credentials.uid = 7;
            const rootfs::Console console = rootfs::open_console(root, process);
            rootfs::bind_console(root, console.slave.get());
            winsize size{};
            ::ioctl(console.slave.get(), TIOCGWINSZ, &size);
            termios settings{};
            ::tcgetattr(console.slave.get(), &settings);
            struct stat status{};
            ::fstat(console.slave.get(), &status);
            char buffer[8] = {};
            const bool passed =
                ::write(console.slave.get(), "a\n", 2) == 2 && ::read(console.master.get(), buffer, 8) == 2;
            if (size.ws_col != 99 || (settings.c_oflag & ONLCR) != 0 || status.st_uid != 7 || !passed) {
                fail("check", "the console",
                     concat(size.ws_col, " ", status.st_uid, " ", passed ? "passed" : "not passed"));
            }
        };
        wanted.inside = [](int) { return describe("/dev/console"); };
        CHECK(run_in_rootfs(wanted).inside == "c 136:0 0620 7:5");
    }
}

TEST_CASE("a /dev/console or a ptmx that the image chose is refused", "[rootfs][console]") {
    RootfsCase wanted = case_with_dev();
    wanted.config.mounts = {customary_mounts()[2]};
    wanted.arrange = [](const std::string& bundle) { make_link(bundle + "/rootfs/dev/console", "/target"); };
    wanted.before_protect = [](int root) { rootfs::bind_console(root, rootfs::open_console(root, {}).slave.get()); };
    wanted.outside = [](const std::string& bundle) { return describe(bundle + "/rootfs/target"); };
    const RootfsResult link = run_in_rootfs(wanted);
    CHECK(contains(link.inside, "cannot bind the terminal on '/dev/console'"));
    CHECK(link.outside == "ENOENT");

    wanted.config.mounts.clear();
    wanted.arrange = [](const std::string& bundle) {
        make_directory(bundle + "/rootfs/dev/pts");
        make_file(bundle + "/rootfs/dev/pts/ptmx", "x");
    };
    CHECK(contains(run_in_rootfs(wanted).inside, "it is not the ptmx of a devpts"));
}
