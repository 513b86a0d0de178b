#include "rt/init/program.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;
using Strings = std::vector<std::string>;

namespace {

Failure refusal_of(const std::string& name, const Strings& env) {
    return test::refusal_of([&] { init::find_program(name, env); });
}

}  // namespace

TEST_CASE("a name is looked for in the directories of PATH, in order", "[init][program]") {
    const Scratch scratch;
    for (const char* name : {"a", "b", "c"}) scratch.make_directory(name);
    scratch.make_file("b/tool", "", 0755);
    scratch.make_file("c/tool", "", 0755);
    const std::string a = scratch / "a";
    const std::string b = scratch / "b";
    const std::string c = scratch / "c";
    CHECK(init::find_program("tool", {"PATH=" + a + ":" + b + ":" + c}) == b + "/tool");
    CHECK(init::find_program("tool", {"X=1", "PATH=" + c + ":" + b}) == c + "/tool");
    CHECK(init::find_program("tool", {"PATH=/nonexistent:" + a + "/x:" + b + "/tool:" + c}) == c + "/tool");
    CHECK(init::find_program("sh", {}) == "/bin/sh");  // execvp(3): the default of the C library
    CHECK(init::find_program("sh", {"MYPATH=/x", "path=/x"}) == "/bin/sh");
}

TEST_CASE("a program that is in no directory is not found, in the words that engines match", "[init][program]") {
    const Scratch scratch;
    scratch.make_directory("sub");
    scratch.make_file("sub/tool", "", 0755);
    for (const char* name : {"tool", "", "x y", "TOOL", "sub"}) {
        CAPTURE(name);
        const Failure failure = refusal_of(name, {"PATH=" + scratch / "nothing" + ":/nonexistent"});
        CHECK(failure.kind == FailureKind::program_not_found);
        CHECK(failure.object == name);
        CHECK(test::has(failure.message(), "executable file not found in $PATH"));
        CHECK(test::has(failure.hint, "/nonexistent"));
    }
}

TEST_CASE("a file that may not be executed is passed over, and named when there is no other", "[init][program]") {
    const Scratch scratch;
    for (const char* name : {"plain", "good", "directory", "directory/tool"}) scratch.make_directory(name);
    scratch.make_file("plain/tool", "", 0644);
    scratch.make_file("good/tool", "", 0755);
    const std::string bad = scratch / "plain" + ":" + scratch / "directory";
    CHECK(init::find_program("tool", {"PATH=" + bad + ":" + scratch / "good"}) == scratch / "good/tool");
    const Failure failure = refusal_of("tool", {"PATH=" + bad});
    CHECK(failure.kind == FailureKind::program_not_executable);
    CHECK(test::has(failure.message(), scratch / "plain/tool"));
    CHECK(test::has(failure.message(), "permission denied"));
}

TEST_CASE("an empty element of PATH is the working directory", "[init][program]") {
    const Scratch scratch;
    scratch.make_file("tool-of-this-test", "", 0755);
    for (const char* path : {":/nonexistent", "/nonexistent:", "/nonexistent::/nonexistent", ":"}) {
        CAPTURE(path);
        const std::string answer = rt::test::in_child([&]() -> std::string {
            if (::chdir(scratch.path().c_str()) < 0) return "cannot enter";
            return init::find_program("tool-of-this-test", {std::string("PATH=") + path});
        });
        CHECK(answer == "./tool-of-this-test");
    }
}

TEST_CASE("a name with a slash is a path, whatever PATH says", "[init][program]") {
    const Scratch scratch;
    scratch.make_directory("bin");
    const std::string tool = scratch.make_file("bin/tool", "", 0755);
    scratch.make_link("link", "bin/tool");
    CHECK(init::find_program(tool, {"PATH=/nonexistent"}) == tool);
    CHECK(init::find_program(scratch / "link", {}) == scratch / "link");
    const std::string relative = rt::test::in_child([&]() -> std::string {
        if (::chdir(scratch.path().c_str()) < 0) return "cannot enter";
        return init::find_program("bin/tool", {"PATH=/nonexistent"});
    });
    CHECK(relative == "bin/tool");
    const Failure failure = refusal_of("bin/tool", {"PATH=" + scratch.path()});  // not below a directory of PATH
    CHECK(failure.kind == FailureKind::program_not_found);
}

TEST_CASE("a path that cannot be executed is refused with the kernel's word and the exit status that goes with it",
          "[init][program]") {
    const Scratch scratch;
    scratch.make_directory("directory");
    scratch.make_file("plain", "", 0644);
    scratch.make_link("dangling", "nowhere");
    scratch.make_link("circle", "circle");
    REQUIRE(::mkfifoat(scratch.fd(), "fifo", 0755) == 0);
    struct Case {
        const char* name;
        FailureKind kind;
        const char* words;
    };
    const Case cases[] = {
        {"missing", FailureKind::program_not_found, "no such file or directory"},
        {"dangling", FailureKind::program_not_found, "no such file or directory"},
        {"plain/x", FailureKind::program_not_found, "not a directory"},
        {"plain", FailureKind::program_not_executable, "permission denied"},
        {"fifo", FailureKind::program_not_executable, "permission denied"},
        {"directory", FailureKind::program_not_executable, "permission denied"},
        {"circle", FailureKind::program_not_executable, "too many levels of symbolic links"},
    };
    for (const Case& entry : cases) {
        const Failure failure = refusal_of(scratch / entry.name, {});
        CAPTURE(failure.message());
        CHECK(failure.kind == entry.kind);
        CHECK(test::has(failure.message(), "exec " + scratch / entry.name + ": " + entry.words));
    }
}

TEST_CASE("what counts are the rights of the process itself", "[init][program]") {
    if (::geteuid() != 0) SKIP_TEST("needs root to become another user");
    const Scratch scratch;
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    scratch.make_directory("closed", 0700);
    scratch.make_file("closed/tool", "", 0755);
    scratch.make_directory("open");
    scratch.make_file("open/tool", "", 0700);
    const std::string path = "PATH=" + scratch / "closed" + ":" + scratch / "open";
    CHECK(init::find_program("tool", {path}) == scratch / "closed/tool");
    const std::string answer = rt::test::in_child([&]() -> std::string {
        // Effective ids only: a check of the real ones (access(2)) would still say yes.
        if (::setegid(12345) < 0 || ::seteuid(12345) < 0) return "still root";
        return init::find_program("tool", {path});
    });
    CHECK(test::has(answer, "threw: "));
    CHECK(test::has(answer, "permission denied"));
}

TEST_CASE("the program replaces the process, with its arguments and environment", "[init][program]") {
    const Scratch scratch;
    const std::string output = scratch / "output";
    const std::string answer = rt::test::in_child([&]() -> std::string {
        const Strings args{"name", "-c", "echo \"$0:$1:$A:$HOME\" >" + output, "zero", "a b"};
        init::Execution("/bin/sh", args, {"A=1", "HOME=/h"}).start();
    });
    CHECK(answer == "exit status 0");
    CHECK(scratch.text_of("output") == "zero:a b:1:/h\n");
}

TEST_CASE("a refused execve says why, and which exit status goes with it", "[init][program]") {
    const Scratch scratch;
    struct Case {
        std::string path;
        int code;
        FailureKind kind;
    };
    const Case cases[] = {
        {scratch / "missing", ENOENT, FailureKind::program_not_found},
        {scratch.make_file("script", "#!/nonexistent/interpreter\n", 0755), ENOENT, FailureKind::program_not_found},
        {scratch.make_file("plain", "x", 0644), EACCES, FailureKind::program_not_executable},
        {scratch.make_file("garbage", "\x01\x02\x03", 0755), ENOEXEC, FailureKind::program_not_executable},
        {scratch.make_file("empty", "", 0755), ENOEXEC, FailureKind::program_not_executable},
        {scratch.make_directory("directory"), EACCES, FailureKind::program_not_executable},
    };
    for (const Case& entry : cases) {
        try {
            init::Execution(entry.path, {"x"}, {}).start();
        } catch (const Error& error) {
            CAPTURE(error.what());
            CHECK(error.failure().code == entry.code);
            CHECK(error.failure().kind == entry.kind);
            CHECK(test::has(error.what(), "exec " + entry.path));
        }
    }
}

namespace {

// The environment after add_home() where /etc/passwd holds the text; joined with "|".
std::string environment_with_home(const std::string& passwd, Strings env, std::uint32_t uid,
                                  const std::string& kind = "file") {
    const Scratch scratch;
    scratch.make_directory("etc");
    if (kind == "file") scratch.make_file("etc/passwd", passwd);
    if (kind == "fifo") REQUIRE(::mkfifo((scratch / "etc/passwd").c_str(), 0644) == 0);
    if (kind == "directory") scratch.make_directory("etc/passwd");
    if (kind == "huge") {
        scratch.make_file("etc/passwd", passwd);
        REQUIRE(::truncate((scratch / "etc/passwd").c_str(), off_t{1} << 40) == 0);
    }
    return rt::test::in_user_namespace(0, [&]() -> std::string {
        if (::chroot(scratch.path().c_str()) < 0 || ::chdir("/") < 0) return "cannot enter";
        init::add_home(env, uid);
        std::string text;
        for (const std::string& entry : env) text += (text.empty() ? "" : "|") + entry;
        return text;
    });
}

constexpr auto passwd_file =
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken line\n"
    ":::\n"
    "+1000:x:+1000:0::/plus:\n"
    "spaced:x: 1000:0::/blank:\n"
    "web:x:1000:1000:Web, Server:/srv/web:/bin/sh\n"
    "again:x:1000:1000::/second:\n"
    "nohome:x:1001:1001:::\n"
    "big:x:4294967294:1::/big:\n"
    "wrapped:x:4294968296:1::/wrapped:\n";  // 1000 when cut to 32 bits

}  // namespace

TEST_CASE("HOME comes from the container's passwd when the environment has none or an empty one", "[init][program]") {
    struct Case {
        Strings env;
        std::uint32_t uid;
        const char* expected;
    };
    const Case cases[] = {
        {{}, 0, "HOME=/root"},
        {{"A=1"}, 1000, "A=1|HOME=/srv/web"},
        {{"HOME=", "A=1"}, 1000, "A=1|HOME=/srv/web"},
        {{"HOME=/mine"}, 1000, "HOME=/mine"},
        {{"MYHOME=/x"}, 0, "MYHOME=/x|HOME=/root"},
        {{}, 4294967294U, "HOME=/big"},
        {{}, 1001, "HOME=/"},  // listed without a home
        {{}, 5, "HOME=/"},     // not listed
    };
    for (const Case& entry : cases) CHECK(environment_with_home(passwd_file, entry.env, entry.uid) == entry.expected);
}

TEST_CASE("a passwd without a last line break, or of any other kind, does no harm", "[init][program]") {
    CHECK(environment_with_home("web:x:7:7::/home/web:/bin/sh", {}, 7) == "HOME=/home/web");
    CHECK(environment_with_home("web:x:7:7::/home/web", {}, 7) == "HOME=/home/web");
    CHECK(environment_with_home("", {}, 0) == "HOME=/");
    for (const char* kind : {"missing", "fifo", "directory", "huge"}) {
        CAPTURE(kind);
        CHECK(environment_with_home("web:x:7:7::/home/web:\n", {}, 7, kind) == "HOME=/");
    }
}
