#include "rt/os/procfs.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <regex>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using os::parse_process_status;

namespace {

// proc(5): fields 3 (state), 4 (ppid) and 22 (starttime) with the values given, and 30 more after those.
std::string status_line(const std::string& command) {
    return "17 (" + command +
           ") S 5 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654321 100 200 18446744073709551615 1 1 0 0 0\n";
}

}  // namespace

TEST_CASE("the status of a process is read past any command name", "[os][procfs]") {
    for (const char* command :
         {"sh", "", " ", "a b", ")", "(", "a) R 1 2", ") Z 99 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 7", "x\ny", "((x))"}) {
        CAPTURE(command);
        const auto status = parse_process_status(status_line(command));
        REQUIRE(status);
        CHECK(status->state == 'S');
        CHECK(status->parent == 5);
        CHECK(status->start_time == 987654321);
    }
}

TEST_CASE("what is not the status of a process is nothing", "[os][procfs]") {
    const std::string line = status_line("sh");
    CHECK_FALSE(parse_process_status(""));
    CHECK_FALSE(parse_process_status("17"));
    CHECK_FALSE(parse_process_status("17 (sh"));
    CHECK_FALSE(parse_process_status("17 (sh)"));
    CHECK_FALSE(parse_process_status("17 (sh) "));
    CHECK_FALSE(parse_process_status("17 (sh) S 5"));
    CHECK_FALSE(parse_process_status("17 (sh) S 5 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x 1"));
    CHECK_FALSE(parse_process_status("17 (sh) S 5 17 17 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 -3 1"));
    // Cut anywhere before field 22 there is no start time.
    for (std::size_t length = 0; length < line.find("987654321"); ++length) {
        CAPTURE(length);
        CHECK_FALSE(parse_process_status(line.substr(0, length)));
    }
}

TEST_CASE("the own process is found, one that is gone is not", "[os][procfs]") {
    const os::Procfs procfs = os::Procfs::open();
    const auto own = os::try_process_status(procfs, ::getpid());
    REQUIRE(own);
    CHECK(own->parent == ::getppid());
    CHECK(own->state == 'R');
    CHECK(own->start_time > 0);
    CHECK_FALSE(os::try_process_status(procfs, 4194305));  // past PID_MAX_LIMIT
}

TEST_CASE("a process that has ended and was not waited for is a zombie", "[os][procfs]") {
    const os::Procfs procfs = os::Procfs::open();
    const rt::test::Child child([] { return std::string(); });
    while (!child.has_ended()) ::sched_yield();
    const auto status = os::try_process_status(procfs, child.pid());
    REQUIRE(status);
    CHECK(status->state == 'Z');
    CHECK(status->parent == ::getpid());
}

TEST_CASE("files below proc are read and written, and a failure says why", "[os][procfs]") {
    const os::Procfs procfs = os::Procfs::open();
    CHECK(procfs.read("self/status").rfind("Name:", 0) == 0);
    CHECK(procfs.try_write("self/comm", "renamed") == 0);
    CHECK(procfs.read("self/comm") == "renamed\n");
    CHECK(procfs.try_write("self/nothing", "x") == ENOENT);
    CHECK_FALSE(procfs.try_read("self/nothing"));
    CHECK_THROWS_WITH(procfs.read("self/nothing"),
                      "cannot read '/proc/self/nothing': no such file or directory (ENOENT)");
    CHECK(std::regex_match(os::boot_id(procfs), std::regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")));
}

TEST_CASE("no path leads out of proc", "[os][procfs]") {
    const os::Procfs procfs = os::Procfs::open();
    struct Case {
        const char* path;
        int code;
    };
    const Case cases[] = {
        {"../etc/passwd", EXDEV}, {"/etc/passwd", EXDEV}, {"self/root/etc", ELOOP},
        {"self/cwd", ELOOP},      {"self/exe", ELOOP},    {"self/fd/0", ELOOP},
    };
    for (const Case& entry : cases) {
        CAPTURE(entry.path);
        CHECK_FALSE(procfs.try_open(entry.path, O_RDONLY));
        CHECK(errno == entry.code);
    }
}

TEST_CASE("a file that lies over one of proc is not opened", "[os][procfs]") {
    const rt::test::Scratch scratch;
    const std::string fake = scratch.make_file("fake", "fake");
    const std::string answer = rt::test::in_user_namespace(CLONE_NEWNS, [&] {
        const os::Procfs procfs = os::Procfs::open();
        if (::mount(fake.c_str(), "/proc/self/comm", nullptr, MS_BIND, nullptr) < 0) return std::string("not mounted");
        const auto text = procfs.try_read("self/comm");
        return text ? *text : "errno " + std::to_string(errno);
    });
    CHECK(answer == "errno " + std::to_string(EXDEV));
}

TEST_CASE("what is that procfs once more is read through, and never written to", "[os][procfs]") {
    const std::string answer = rt::test::in_user_namespace(CLONE_NEWNS, [&] {
        const os::Procfs procfs = os::Procfs::open();
        if (::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr) < 0 ||
            ::mount("/proc/self/oom_score_adj", "/proc/self/comm", nullptr, MS_BIND, nullptr) < 0) {
            return std::string("not mounted");
        }
        return os::boot_id(procfs).substr(8, 1) + " " + std::to_string(procfs.try_write("self/comm", "1")) + " " +
               std::to_string(procfs.try_write("sys/kernel/domainname", "x")) + " " + procfs.read("self/oom_score_adj");
    });
    CHECK(answer == "- 18 18 0\n");  // EXDEV
}

TEST_CASE("a proc that shows another pid namespace is not taken for the own one", "[os][procfs]") {
    const std::string answer = rt::test::in_user_namespace(CLONE_NEWNS, [&]() -> std::string {
        // Covered before the next user namespace, in which nobody may uncover it, nor mount a new one.
        if (::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr) < 0) return "not mounted";
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0) return "no namespaces";
        return rt::test::in_child([]() -> std::string {
            if (!os::Procfs::open_for_self().try_read("uptime")) return "not read";
            os::Procfs::open();
            return "opened";
        });
    });
    CHECK(answer == "threw: cannot use '/proc': it shows the processes of another pid namespace than that of rt");
}

TEST_CASE("a directory that is not the root of a procfs is not taken for it", "[os][procfs]") {
    const rt::test::Scratch scratch;
    scratch.make_directory("proc");
    struct Case {
        const char* source;
        const char* what;
    };
    for (const Case& entry : {Case{"/proc/sys", "a part of a procfs"}, Case{"proc", "an ordinary directory"}}) {
        CAPTURE(entry.what);
        const std::string source = entry.source[0] == '/' ? entry.source : scratch / entry.source;
        const std::string answer = rt::test::in_user_namespace(CLONE_NEWNS, [&]() -> std::string {
            if (::mount(source.c_str(), "/proc", nullptr, MS_BIND | MS_REC, nullptr) < 0) return "not mounted";
            os::Procfs::open();
            return "opened";
        });
        CHECK(answer == "threw: cannot use '/proc': it is not the root of a procfs");
    }
}
