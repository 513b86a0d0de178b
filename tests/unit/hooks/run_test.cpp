#include "rt/hooks/run.hpp"

#include "../os/scratch.hpp"
#include "../spec/log_capture.hpp"
#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using plan::Hook;
using plan::HookKind;
using test::Scratch;
using Strings = std::vector<std::string>;

namespace {

Hook script(const std::string& text) {
    return {.path = "/bin/sh", .args = {"sh", "-c", text}, .env = Strings{}, .timeout = {}};
}

hooks::Moment moment_of(HookKind kind) { return {.kind = kind, .state = "{}", .place = {}, .watch = {}, .output = {}}; }

// Three hooks of which the second fails.
std::vector<Hook> second_fails(const Scratch& scratch) {
    const std::string file = scratch / "log";
    return {script("echo 0 >>" + file), script("echo 1 >>" + file + "; exit 9"), script("echo 2 >>" + file)};
}

}  // namespace

TEST_CASE("hooks run in order, and the first failure ends them: kind, index from 0, path, status", "[hooks]") {
    const Scratch scratch;
    try {
        hooks::run(moment_of(HookKind::create_runtime), second_fails(scratch));
        FAIL("no failure");
    } catch (const Error& error) {
        CHECK(std::string(error.what()) == "error running createRuntime hook #1: cannot run '/bin/sh': exit status 9");
        CHECK(error.failure().kind == FailureKind::hook);
    }
    CHECK(scratch.text_of("log") == "0\n1\n");
}

TEST_CASE("poststop hooks go on after a failure, which is a warning", "[hooks]") {
    const Scratch scratch;
    const test::LogCapture log;
    hooks::run_in_spite_of_failures(moment_of(HookKind::poststop), second_fails(scratch));
    CHECK(log.text().find("error running poststop hook #1: cannot run '/bin/sh': exit status 9") != std::string::npos);
    CHECK(scratch.text_of("log") == "0\n1\n2\n");
}

TEST_CASE("what a successful hook printed can be looked at", "[hooks]") {
    Strings lines;
    hooks::Moment moment = moment_of(HookKind::poststart);
    moment.output = [&](const std::string& line) { lines.push_back(line); };
    hooks::run(moment, {script("echo a; echo b >&2"), script(":")});
    CHECK(lines == Strings{"poststart hook #0 /bin/sh: a", "poststart hook #0 /bin/sh: b"});
}

TEST_CASE("a hook without its own environment has that of the process", "[hooks]") {
    const Strings env{"A=process"};
    Strings lines;
    hooks::Moment moment = moment_of(HookKind::start_container);
    moment.env = &env;
    moment.output = [&](const std::string& line) { lines.push_back(line); };
    Hook hook = script("echo $A");
    Hook own = hook;
    hook.env.reset();
    own.env = Strings{"A=own"};
    hooks::run(moment, {hook, own});
    CHECK(lines == Strings{"startContainer hook #0 /bin/sh: process", "startContainer hook #1 /bin/sh: own"});
}

TEST_CASE("a program that cannot be opened beforehand is named as the hook that it is", "[hooks]") {
    const Scratch scratch;
    const Hook missing{.path = scratch / "missing", .args = {"x"}, .env = Strings{}, .timeout = {}};
    CHECK(hooks::open_programs(HookKind::create_container, {script("")}).size() == 1);
    try {
        hooks::open_programs(HookKind::create_container, {script(""), missing});
        FAIL("no failure");
    } catch (const Error& error) {
        CHECK(std::string(error.what()).starts_with("error running createContainer hook #1: cannot open '"));
        CHECK(error.failure().code == ENOENT);
    }
}
