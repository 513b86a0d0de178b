#include "rt/plan/exec_cgroup.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using Strings = std::vector<std::string>;

namespace {

host::CgroupLayout hybrid() {
    host::CgroupLayout layout;
    layout.hierarchies = {{.mount_point = "/sys/fs/cgroup/cpu,cpuacct", .controllers = {"cpu", "cpuacct"}},
                          {.mount_point = "/sys/fs/cgroup/memory", .controllers = {"memory"}},
                          {.mount_point = "/sys/fs/cgroup/systemd", .controllers = {}, .name = "systemd"},
                          {.mount_point = "/sys/fs/cgroup", .controllers = {"pids"}, .unified = true}};
    return layout;
}

const Strings directories{"/sys/fs/cgroup/cpu,cpuacct/web", "/sys/fs/cgroup/memory/web", "/sys/fs/cgroup/systemd/web",
                          "/sys/fs/cgroup/web"};

// The paths below the container's cgroups, "*" where the process may follow init; or the reason of the refusal.
std::string placed(const Strings& words, const Strings& in = directories) {
    std::string text;
    try {
        for (const plan::ExecCgroup& entry : plan::plan_exec_cgroups(in, words, hybrid())) {
            text += "|" + (entry.follows_init ? "*" : entry.below);
        }
    } catch (const Error& error) {
        return error.failure().reason;
    }
    return text;
}

}  // namespace

TEST_CASE("a process goes to the cgroup of the container, or below it", "[plan][exec]") {
    CHECK(placed({}) == "|*|*|*|*");
    CHECK(placed({"/"}) == "||||");
    CHECK(placed({"a"}) == "|a|a|a|a");
    CHECK(placed({"/a//b/."}) == "|a/b|a/b|a/b|a/b");
    CHECK(placed({"/a:b"}) == "|a:b|a:b|a:b|a:b");
    CHECK(placed({"memory:/a"}) == "|*|a|*|*");
    CHECK(placed({"cpu:a", "name=systemd:b", "memory:c"}) == "|a|c|b|*");
    CHECK(placed({"a", "cpuacct,memory:b"}) == "|b|b|a|a");
    CHECK(placed({"cpu:a", "b"}) == "|b|b|b|b");
}

TEST_CASE("a cgroup outside of the container's, or of no hierarchy, is refused", "[plan][exec]") {
    for (const char* word : {"..", "../sib", "/../x", "a/../../b", "a/..", "memory:../x"}) {
        INFO(word);
        CHECK(placed({word}) == "it leads out of the cgroup of the container");
    }
    for (const char* word : {"", "memory:", ":", ":a"}) {
        INFO(word);
        CHECK(placed({word}) == "a part of it is empty");
    }
    for (const char* word : {"pids:a", "nosuch:a", "name=nosuch:a", "cpu,nosuch:a", "systemd:a"}) {
        INFO(word);
        CHECK(placed({word}) == "the container has no cgroup v1 of it");
    }
    CHECK(placed({"a"}, {}) == "the container has no cgroup of its own");
    CHECK(placed({}, {}).empty());
}

TEST_CASE("the layout is needed for controllers only", "[plan][exec]") {
    CHECK_FALSE(plan::uses_controllers({}));
    CHECK_FALSE(plan::uses_controllers({"/a", "a/b:c"}));
    CHECK(plan::uses_controllers({"a", "cpu:a"}));
}
