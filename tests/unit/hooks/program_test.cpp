#include "rt/hooks/program.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "../os/child.hpp"
#include "../os/scratch.hpp"
#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/hooks/run.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"

using namespace rt;
using test::Scratch;
using Strings = std::vector<std::string>;

namespace {

const std::string shell = "/bin/sh";

struct Run {
    Strings args;
    Strings env = {};
    std::string input = {};
    std::optional<std::uint32_t> timeout = {};
    hooks::Place place = {};
    std::string path = shell;
    int file = -1;
    hooks::Watch watch = {};
};

std::string output_of(const Run& run) {
    return hooks::run_program({.path = run.path,
                               .file = run.file,
                               .args = run.args,
                               .env = run.env,
                               .input = run.input,
                               .timeout = run.timeout,
                               .place = run.place},
                              run.watch);
}

std::string output_of_script(const std::string& script) { return output_of({.args = {"sh", "-c", script}}); }

Failure failure_of(const Run& run) {
    return test::refusal_of([&] { output_of(run); });
}

// The process with the pid that the file holds, as soon as it holds one.
pid_t pid_in(const Scratch& scratch, const std::string& name) {
    for (int tries = 0; tries < 1000; ++tries) {
        const std::string text = scratch.text_of(name);
        if (text.ends_with('\n')) return *parse_number<pid_t>(trim(text));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL("no pid");
    return 0;
}

bool ends(pid_t pid) {
    for (int tries = 0; tries < 1000; ++tries) {
        const std::string text = os::try_read_file(AT_FDCWD, concat("/proc/", pid, "/stat")).value_or("");
        const std::size_t name_end = text.rfind(')');
        if (text.empty() || text[name_end + 2] == 'Z') return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

}  // namespace

TEST_CASE("a hook reads the state to its end, whatever its size", "[hooks]") {
    for (const std::size_t size : {0U, 1U, 65536U, 65537U, 3U << 20}) {
        CHECK(output_of(
                  {.args = {"sh", "-c", "wc -c"}, .env = {"PATH=/usr/bin:/bin"}, .input = std::string(size, 'x')}) ==
              concat(size, "\n"));
    }
    CHECK(output_of({.args = {"sh", "-c", "cat; cat /dev/stdin"}, .env = {"PATH=/usr/bin:/bin"}, .input = "{}"}) ==
          "{}{}");
}

TEST_CASE("a hook need not read the state", "[hooks]") {
    CHECK(output_of({.args = {"sh", "-c", "exec <&-; echo done"}, .input = std::string(3U << 20, 'x')}) == "done\n");
}

TEST_CASE("a hook cannot change what it reads", "[hooks]") {
    const std::string script = "exec 2>/dev/null; echo x >&0 && echo written; echo x >/dev/stdin && echo written; cat";
    CHECK(output_of({.args = {"sh", "-c", script}, .env = {"PATH=/usr/bin:/bin"}, .input = "{}"}) == "{}");
}

TEST_CASE("argv and environment are exactly what is listed", "[hooks]") {
    CHECK(output_of({.args = {"other name", "-c", "echo \"$0|$1|$2|$#\"", "a", "", "b c"}}) == "a||b c|2\n");
    ::setenv("RT_TEST_LEAK", "1", 1);
    CHECK(output_of({.args = {"x"}, .env = {"A=1", "B= 2", "A=3", "odd"}, .path = "/usr/bin/env"}) ==
          "A=1\nB= 2\nA=3\nodd\n");
    CHECK(output_of({.args = {"x"}, .env = {}, .path = "/usr/bin/env"}).empty());
    ::unsetenv("RT_TEST_LEAK");
}

TEST_CASE("a hook has no descriptors but the three", "[hooks]") {
    const os::UniqueFd leak(::open("/dev/null", O_RDONLY));                                    // not close-on-exec
    CHECK(output_of({.args = {"ls", "/proc/self/fd"}, .path = "/bin/ls"}) == "0\n1\n2\n3\n");  // 3: that directory
}

TEST_CASE("a hook starts with default signals and an empty mask", "[hooks]") {
    CHECK(test::in_child([] {
              ::signal(SIGINT, SIG_IGN);
              ::signal(SIGPIPE, SIG_IGN);
              sigset_t all;
              ::sigfillset(&all);
              ::sigprocmask(SIG_BLOCK, &all, nullptr);
              return output_of({.args = {"grep", "^Sig[BI]", "/proc/self/status"}, .path = "/bin/grep"});
          }) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a hook leads a session of its own", "[hooks]") {
    // proc(5), /proc/PID/stat: pid, comm, state, ppid, pgrp, session, tty_nr
    CHECK(output_of_script("read pid comm state ppid group session tty rest </proc/self/stat; "
                           "[ $pid = $group ] && [ $pid = $session ] && [ $tty = 0 ] && echo own") == "own\n");
}

TEST_CASE("a hook runs in its directory, with its limit of open files", "[hooks]") {
    const Scratch scratch;
    CHECK(output_of({.args = {"pwd", "-P"}, .place = {.directory = scratch.fd()}, .path = "/bin/pwd"}) ==
          scratch.path() + "\n");
    CHECK(output_of({.args = {"sh", "-c", "ulimit -Sn"}, .place = {.open_files = 17}}) == "17\n");
}

TEST_CASE("a hook that fails is named, with its status and the last lines it wrote", "[hooks]") {
    const Failure failed =
        failure_of({.args = {"sh", "-c", "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 3"}});
    CHECK(failed.object == shell);
    CHECK(failed.reason == "exit status 3; it wrote: line 3 | line 4 | line 5 | line 6 | line 7");
    CHECK(failure_of({.args = {"sh", "-c", "exit 255"}}).reason == "exit status 255");
    CHECK(test::has(failure_of({.args = {"sh", "-c", "kill -SEGV $$"}}).reason, "signal 11 (SEGV)"));
    CHECK(test::has(failure_of({.args = {"sh", "-c", "printf 'a\\033[31mb'; exit 1"}}).reason, "a\\x1b[31mb"));
}

TEST_CASE("a hook that cannot be executed says why, with a hint", "[hooks]") {
    const Scratch scratch;
    struct Case {
        std::string path;
        int code;
    };
    const Case cases[] = {
        {scratch / "missing", ENOENT},
        {scratch.make_file("no-interpreter", "#!/nonexistent/interpreter\n", 0755), ENOENT},
        {scratch.make_file("plain", "#!/bin/sh\n", 0644), EACCES},
        {scratch.make_file("garbage", "\x01\x02\x03", 0755), ENOEXEC},
        {scratch.make_directory("directory"), EACCES},
    };
    for (const Case& entry : cases) {
        const Failure failure = failure_of({.args = {"x"}, .path = entry.path});
        CAPTURE(failure.message());
        CHECK(failure.object == entry.path);
        CHECK(failure.code == entry.code);
        CHECK(failure.doing == "execute");
        CHECK_FALSE(failure.hint.empty());
    }
    // Status 127 of the hook itself is not mistaken for that.
    CHECK(failure_of({.args = {"sh", "-c", "exit 127"}}).reason == "exit status 127");
}

TEST_CASE("at its timeout a hook is killed, with all that it started", "[hooks]") {
    const Scratch scratch;
    const std::string script = "echo waiting; sleep 1000 & echo $! >" + scratch / "pid" + "; trap '' TERM INT; wait";
    const Failure failure = failure_of({.args = {"sh", "-c", script}, .env = {"PATH=/usr/bin:/bin"}, .timeout = 1});
    CHECK(failure.reason == "it was killed at the end of its timeout of 1 s; it wrote: waiting");
    CHECK(ends(pid_in(scratch, "pid")));
}

TEST_CASE("a hook that ends before its timeout is not held up by it", "[hooks]") {
    CHECK(output_of({.args = {"sh", "-c", "echo x"}, .timeout = 2147483647}) == "x\n");
}

TEST_CASE("what a hook leaves behind is not waited for, and lives on", "[hooks]") {
    const Scratch scratch;
    output_of({.args = {"sh", "-c", "sleep 1000 & echo $! >" + scratch / "pid"}, .env = {"PATH=/usr/bin:/bin"}});
    const pid_t left = pid_in(scratch, "pid");
    CHECK(::kill(left, SIGKILL) == 0);
}

TEST_CASE("output does not fill up, and its end is kept", "[hooks]") {
    const std::string output =
        output_of({.args = {"sh", "-c", "dd if=/dev/zero bs=65536 count=64 2>/dev/null; echo the end"},
                   .env = {"PATH=/usr/bin:/bin"}});
    CHECK(output.size() == 4096);
    CHECK(output.ends_with("the end\n"));
}

TEST_CASE("a hook is killed when its watch gives up, and left alone when it does not", "[hooks]") {
    const Scratch scratch;
    const auto [ours, theirs] = [] {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        return std::pair(os::UniqueFd(ends[0]), os::UniqueFd(ends[1]));
    }();
    REQUIRE(::write(theirs.get(), "ab", 2) == 2);
    int called = 0;
    const auto look = [&, fd = ours.get()] {
        char byte = 0;
        REQUIRE(::read(fd, &byte, 1) == 1);
        ++called;
        if (byte == 'b') fail("go on", "", "the watch gives up");
    };
    const Failure failure = failure_of({.args = {"sh", "-c", "echo $$ >" + scratch / "pid" + "; exec sleep 1000"},
                                        .env = {"PATH=/usr/bin:/bin"},
                                        .watch = {.fd = ours.get(), .happened = look}});
    CHECK(failure.reason == "the watch gives up");
    CHECK(called == 2);
    if (scratch.has("pid")) CHECK(ends(pid_in(scratch, "pid")));
}

TEST_CASE("a hook dies with its maker", "[hooks]") {
    const Scratch scratch;
    const test::Child maker([&] {
        return output_of(
            {.args = {"sh", "-c", "echo $$ >" + scratch / "pid" + "; exec sleep 1000"}, .env = {"PATH=/usr/bin:/bin"}});
    });
    const pid_t hook = pid_in(scratch, "pid");
    REQUIRE(::kill(maker.pid(), SIGKILL) == 0);
    CHECK(ends(hook));
}

TEST_CASE("only the own child is waited for", "[hooks]") {
    const auto other = os::try_fork();
    REQUIRE(other);
    if (other->pid == 0) ::_exit(42);
    CHECK(output_of_script("echo x") == "x\n");
    CHECK(os::wait_for_process(other->pid).status == 42);
}

TEST_CASE("a hook that was opened runs by its descriptor when its path is closed or another file", "[hooks]") {
    const Scratch scratch;
    const std::string path = scratch.make_file("script", "#!/bin/sh\necho \"$0 $1\"\n", 0755);
    const os::UniqueFd file = os::open_at(AT_FDCWD, path, O_PATH);
    const os::UniqueFd program = os::open_at(AT_FDCWD, "/bin/echo", O_PATH);
    // At its path, where that leads to it.
    CHECK(output_of({.args = {"x", "a"}, .path = path, .file = file.get()}) == path + " a\n");
    REQUIRE(::rename(scratch.make_file("new", "#!/bin/sh\necho wrong\n", 0755).c_str(), path.c_str()) == 0);
    // execveat(2): a script is given to its interpreter as /dev/fd/N.
    CHECK(test::has(output_of({.args = {"x", "a"}, .path = path, .file = file.get()}), "/dev/fd/"));
    CHECK(output_of({.args = {"x", "by descriptor"}, .path = scratch / "none", .file = program.get()}) ==
          "by descriptor\n");
}
