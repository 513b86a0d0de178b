#include "rt/plan/hooks.hpp"

#include "catch.hpp"

using namespace rt;
using plan::Hook;
using plan::HookKind;
using Strings = std::vector<std::string>;

namespace {

constexpr std::vector<spec::Hook> spec::Hooks::* lists[] = {
    &spec::Hooks::prestart,        &spec::Hooks::create_runtime, &spec::Hooks::create_container,
    &spec::Hooks::start_container, &spec::Hooks::poststart,      &spec::Hooks::poststop,
};

// The planned hook of a list that holds only that one; no other list may have got one.
Hook planned(const spec::Hook& hook, HookKind kind) {
    spec::Hooks config;
    (config.*lists[static_cast<std::size_t>(kind)]).push_back(hook);
    const plan::Hooks hooks = plan::plan_hooks(config);
    for (const plan::HookKindEntry& entry : plan::hook_kinds) CHECK(hooks.has(entry.kind) == (entry.kind == kind));
    REQUIRE(hooks.of(kind).size() == 1);
    return hooks.of(kind).front();
}

}  // namespace

TEST_CASE("the kinds have the words of config.md, in the order of the life cycle", "[plan][hooks]") {
    Strings names;
    for (std::size_t i = 0; i < plan::hook_kinds.size(); ++i) {
        CHECK(static_cast<std::size_t>(plan::hook_kinds[i].kind) == i);
        names.emplace_back(plan::name_of(plan::hook_kinds[i].kind));
    }
    CHECK(names == Strings{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"});
}

TEST_CASE("a hook is taken as it is given: argv with argv[0], env with nothing added", "[plan][hooks]") {
    const spec::Hook hook{.path = "/usr/bin/fix-mounts",
                          .args = {"other-name", "", "arg 1"},
                          .env = Strings{"key1=value1", "key1=value2", "odd"},
                          .timeout = 7};
    for (const plan::HookKindEntry& entry : plan::hook_kinds) {
        CAPTURE(entry.name);
        const Hook result = planned(hook, entry.kind);
        CHECK(result.path == hook.path);
        CHECK(result.args == hook.args);
        CHECK(result.env == hook.env);
        CHECK(result.timeout == 7U);
    }
}

TEST_CASE("without env a hook of the host has an empty one, startContainer that of the process", "[plan][hooks]") {
    for (const plan::HookKindEntry& entry : plan::hook_kinds) {
        CAPTURE(entry.name);
        const Hook result = planned({.path = "/h", .args = {}, .env = {}, .timeout = {}}, entry.kind);
        CHECK(result.args == Strings{"/h"});
        CHECK_FALSE(result.timeout);
        CHECK(result.env.has_value() == (entry.kind != HookKind::start_container));
        CHECK(result.env.value_or(Strings{}).empty());
        CHECK(planned({.path = "/h", .args = {}, .env = Strings{}, .timeout = {}}, entry.kind).env == Strings{});
    }
}

TEST_CASE("hooks keep their order", "[plan][hooks]") {
    spec::Hooks config;
    for (const char* path : {"/c", "/a", "/b", "/a"}) config.create_runtime.push_back({.path = path});
    Strings paths;
    const plan::Hooks hooks = plan::plan_hooks(config);
    for (const Hook& hook : hooks.of(HookKind::create_runtime)) paths.push_back(hook.path);
    CHECK(paths == Strings{"/c", "/a", "/b", "/a"});
}

TEST_CASE("three kinds run while the rootfs is made and not entered", "[plan][hooks]") {
    for (const plan::HookKindEntry& entry : plan::hook_kinds) {
        plan::Hooks hooks;
        CHECK_FALSE(hooks.any_before_entering());
        hooks.of(entry.kind).push_back({.path = "/h"});
        CHECK(hooks.any_before_entering() == (entry.kind <= HookKind::create_container));
    }
}
