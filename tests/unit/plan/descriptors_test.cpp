#include "rt/plan/descriptors.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using plan::Descriptors;

namespace {

constexpr pid_t own = 77;

host::CallerDescriptors caller(unsigned open, std::optional<std::string> fds = {},
                               std::optional<std::string> pid = {}) {
    return {.open = open, .own_pid = own, .listen_fds = std::move(fds), .listen_pid = std::move(pid)};
}

Failure refusal_of(unsigned preserve, const host::CallerDescriptors& from) {
    return test::refusal_of([&] { plan::plan_descriptors(preserve, from); });
}

}  // namespace

TEST_CASE("descriptors are passed when asked for, those of LISTEN_FDS first", "[plan][descriptors]") {
    CHECK(plan::plan_descriptors(0, caller(0)) == Descriptors{});
    CHECK(plan::plan_descriptors(0, caller(5)) == Descriptors{});
    CHECK(plan::plan_descriptors(2, caller(5)) == Descriptors{.preserved = 2});
    CHECK(plan::plan_descriptors(0, caller(2, "2", "77")) == Descriptors{.preserved = 2, .listening = 2});
    CHECK(plan::plan_descriptors(0, caller(2, "2")) == Descriptors{.preserved = 2, .listening = 2});
    CHECK(plan::plan_descriptors(3, caller(9, "2", "77")) == Descriptors{.preserved = 5, .listening = 2});
    CHECK(plan::plan_descriptors(0, caller(0, "0")) == Descriptors{});

    host::CallerDescriptors named = caller(2, "2", "77");
    named.listen_names = "http:https";
    CHECK(plan::plan_descriptors(0, named).names == "http:https");
}

TEST_CASE("LISTEN_FDS for another process is none of rt's", "[plan][descriptors]") {
    for (const char* pid : {"78", "1", "", "x", "077 "}) {
        CAPTURE(pid);
        CHECK(plan::plan_descriptors(0, caller(2, "2", pid)) == Descriptors{});
    }
    CHECK(plan::plan_descriptors(1, caller(1, "not even a number", "78")) == Descriptors{.preserved = 1});
}

TEST_CASE("a descriptor that is not open is named", "[plan][descriptors]") {
    const Failure first = refusal_of(1, caller(0));
    CHECK(first.object == "descriptor 3");
    CHECK(first.reason == "it is not open");
    CHECK(first.hint.find("--preserve-fds") != std::string::npos);
    CHECK(refusal_of(4, caller(2)).object == "descriptor 5");
    CHECK(refusal_of(0, caller(1, "2")).object == "descriptor 4");
    CHECK(refusal_of(0, caller(1, "2")).hint.find("LISTEN_FDS") != std::string::npos);
    CHECK(refusal_of(4294967295U, caller(2, "4294967295")).object == "descriptor 5");
    for (const char* fds : {"", "-1", "2x", " 2", "4294967296"}) {
        CAPTURE(fds);
        CHECK(refusal_of(0, caller(9, fds)).object == "LISTEN_FDS");
    }
}

TEST_CASE("the program learns of listening descriptors, and of no others", "[plan][descriptors]") {
    const std::vector<std::string> before{"PATH=/bin", "LISTEN_FDS=9", "LISTEN_PID=9", "LISTEN_FDNAMES=old"};
    std::vector<std::string> env = before;
    plan::announce_descriptors({.preserved = 3}, env);
    CHECK(env == before);
    plan::announce_descriptors({.preserved = 3, .listening = 2}, env);
    CHECK(env == std::vector<std::string>{"PATH=/bin", "LISTEN_FDS=2"});
    plan::announce_descriptors({.preserved = 3, .listening = 2, .names = "a:b"}, env);
    CHECK(env == std::vector<std::string>{"PATH=/bin", "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"});
}
