#include "rt/plan/namespace_steps.hpp"

#include <sched.h>

#include <algorithm>

#include "catch.hpp"
#include "rt/base/text.hpp"

using namespace rt;
using plan::Namespaces;
using plan::NamespaceSteps;
using Types = std::vector<NamespaceType>;

namespace {

enum class How : std::uint8_t { absent, created, joined };

Namespaces namespaces_of(const std::array<How, namespace_types.size()>& how) {
    Namespaces namespaces;
    for (std::size_t i = 0; i < how.size(); ++i) {
        if (how[i] == How::created) namespaces.created |= namespace_types[i].clone_flag;
        if (how[i] == How::joined) namespaces.joined.push_back({namespace_types[i].type, "/ns"});
    }
    return namespaces;
}

Namespaces make(std::uint64_t created, const Types& joined = {}) {
    Namespaces namespaces{.created = created};
    for (const NamespaceType type : joined) namespaces.joined.push_back({type, "/ns"});
    return namespaces;
}

bool contains(const Types& types, NamespaceType type) { return std::ranges::find(types, type) != types.end(); }

std::string description(const Namespaces& namespaces, bool privileged) {
    std::string text = privileged ? "privileged:" : "unprivileged:";
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (namespaces.creates(entry.type)) text += concat(" +", entry.name);
        if (namespaces.joins(entry.type)) text += concat(" @", entry.name);
    }
    return text;
}

// What is wrong with the steps by the rules that hold for every container; empty when nothing is.
std::string broken_rule(const Namespaces& namespaces, bool privileged) {
    const NamespaceSteps steps = plan::plan_namespace_steps(namespaces, privileged);
    const bool creates_user = namespaces.creates(NamespaceType::user);
    const bool joins_user = namespaces.joins(NamespaceType::user);
    std::uint64_t all = 0;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        int makers = 0;
        for (const std::uint64_t flags : {steps.clone_flags, steps.second_clone_flags, steps.unshared_by_init}) {
            makers += (flags & entry.clone_flag) != 0;
        }
        if (makers != (namespaces.creates(entry.type) ? 1 : 0)) return "made once when created, else never";
        const auto joins =
            std::ranges::count(steps.visited, entry.type) + std::ranges::count(steps.joined_by_init, entry.type);
        if (joins != (namespaces.joins(entry.type) ? 1 : 0)) return "joined once when it has a path, else never";
        all |= entry.clone_flag;
    }
    if (((steps.clone_flags | steps.second_clone_flags | steps.unshared_by_init) & ~all) != 0)
        return "only namespaces are made";
    if ((steps.clone_flags & (CLONE_NEWCGROUP | CLONE_NEWTIME)) != 0) return "cgroup and time are made by init";
    if (((steps.clone_flags | steps.second_clone_flags) & CLONE_NEWPID) == 0 && namespaces.creates(NamespaceType::pid))
        return "init is born in its pid namespace: unshare(2) moves children only";
    if (((steps.clone_flags) & CLONE_NEWUSER) == 0 && creates_user) return "init is born in its user namespace";
    if (creates_user && (steps.clone_flags & ~std::uint64_t{CLONE_NEWUSER | CLONE_NEWPID}) != 0)
        return "the rest is made inside a new user namespace, after its ids are mapped";
    if (joins_user && steps.clone_flags != 0) return "nothing is made before the user namespace is joined";
    if (joins_user && (steps.joined_by_init.empty() || steps.joined_by_init.front() != NamespaceType::user))
        return "the user namespace is joined first";
    if (contains(steps.visited, NamespaceType::user)) return "nobody comes back from a user namespace";
    if (contains(steps.visited, NamespaceType::mount)) return "the runtime keeps its mounts";
    if (namespaces.joins(NamespaceType::mount) && steps.joined_by_init.back() != NamespaceType::mount)
        return "the mount namespace is joined last";
    const bool may_visit = privileged || (!creates_user && !joins_user);
    if (!may_visit && !steps.visited.empty()) return "without privileges only inside the user namespace";
    if (may_visit && steps.joined_by_init.size() > 2)
        return "what the runtime may join it joins: init may not have the right";
    const bool pid_for_children_only =
        contains(steps.joined_by_init, NamespaceType::pid) || (steps.second_clone_flags & CLONE_NEWPID) != 0;
    if (steps.second_clone != pid_for_children_only) return "a second clone exactly where init must be born again";
    if ((steps.second_clone_flags & ~std::uint64_t{CLONE_NEWPID}) != 0) return "the second clone is about pid only";
    return {};
}

constexpr std::uint64_t customary = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

}  // namespace

TEST_CASE("the rules of namespaces hold for every combination", "[plan][namespaces]") {
    std::array<How, namespace_types.size()> how{};
    int combinations = 0;
    const auto next = [&] {
        for (How& entry : how) {
            entry = static_cast<How>((static_cast<int>(entry) + 1) % 3);
            if (entry != How::absent) return true;
        }
        return false;
    };
    do {
        const Namespaces namespaces = namespaces_of(how);
        for (const bool privileged : {false, true}) {
            ++combinations;
            const std::string broken = broken_rule(namespaces, privileged);
            if (!broken.empty()) FAIL_CHECK(description(namespaces, privileged) << ": " << broken);
        }
    } while (next());
    CHECK(combinations == 2 * 6561);
}

TEST_CASE("the order in which namespaces are listed does not matter", "[plan][namespaces]") {
    for (const Types& joined : {Types{NamespaceType::mount, NamespaceType::network, NamespaceType::user},
                                Types{NamespaceType::network, NamespaceType::mount, NamespaceType::user},
                                Types{NamespaceType::user, NamespaceType::mount, NamespaceType::network}}) {
        const NamespaceSteps steps = plan::plan_namespace_steps(make(0, joined), false);
        CHECK(steps.joined_by_init == Types{NamespaceType::user, NamespaceType::network, NamespaceType::mount});
    }
}

TEST_CASE("who makes and joins what, in the cases that people use", "[plan][namespaces]") {
    using enum NamespaceType;
    struct Case {
        const char* what;
        Namespaces namespaces;
        bool privileged;
        std::uint64_t clone_flags;
        std::uint64_t unshared_by_init;
        Types visited;
        Types joined_by_init;
        bool second_clone;
        std::uint64_t second_clone_flags;
    };
    constexpr std::uint64_t all = customary | CLONE_NEWCGROUP;
    const Case cases[] = {
        {"nothing", make(0), true, 0, 0, {}, {}, false, 0},
        {"the customary container", make(all), true, customary, CLONE_NEWCGROUP, {}, {}, false, 0},
        {"with a time namespace",
         make(all | CLONE_NEWTIME),
         true,
         customary,
         CLONE_NEWCGROUP | CLONE_NEWTIME,
         {},
         {},
         false,
         0},
        {"with a new user namespace",
         make(all | CLONE_NEWUSER),
         true,
         CLONE_NEWUSER | CLONE_NEWPID,
         CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
         {},
         {},
         false,
         0},
        {"the same without privileges",
         make(all | CLONE_NEWUSER),
         false,
         CLONE_NEWUSER | CLONE_NEWPID,
         CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
         {},
         {},
         false,
         0},
        {"a new user namespace without a pid namespace",
         make(CLONE_NEWUSER | CLONE_NEWNS),
         true,
         CLONE_NEWUSER,
         CLONE_NEWNS,
         {},
         {},
         false,
         0},
        {"the network of another container",
         make(CLONE_NEWPID | CLONE_NEWNS, {network}),
         true,
         CLONE_NEWPID | CLONE_NEWNS,
         0,
         {network},
         {},
         false,
         0},
        {"the same in a new user namespace",
         make(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS, {network}),
         true,
         CLONE_NEWUSER | CLONE_NEWPID,
         CLONE_NEWNS,
         {network},
         {},
         false,
         0},
        {"the same without privileges",
         make(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS, {network}),
         false,
         CLONE_NEWUSER | CLONE_NEWPID,
         CLONE_NEWNS,
         {},
         {network},
         false,
         0},
        {"the pid namespace of another container", make(CLONE_NEWNS, {pid}), true, CLONE_NEWNS, 0, {pid}, {}, false, 0},
        {"the same in a new user namespace",
         make(CLONE_NEWUSER | CLONE_NEWNS, {pid}),
         true,
         CLONE_NEWUSER,
         CLONE_NEWNS,
         {pid},
         {},
         false,
         0},
        {"a joined user namespace and a new pid namespace inside it",
         make(CLONE_NEWPID | CLONE_NEWNS, {user}),
         true,
         0,
         CLONE_NEWNS,
         {},
         {user},
         true,
         CLONE_NEWPID},
        {"the same without privileges",
         make(CLONE_NEWPID | CLONE_NEWNS, {user}),
         false,
         0,
         CLONE_NEWNS,
         {},
         {user},
         true,
         CLONE_NEWPID},
        {"a pod: user, pid and network joined",
         make(CLONE_NEWNS, {network, pid, user}),
         true,
         0,
         CLONE_NEWNS,
         {network, pid},
         {user},
         false,
         0},
        {"the same without privileges",
         make(CLONE_NEWNS, {network, pid, user}),
         false,
         0,
         CLONE_NEWNS,
         {},
         {user, network, pid},
         true,
         0},
        {"everything joined",
         make(0, {mount, user, pid, ipc, uts, network, cgroup, time}),
         true,
         0,
         0,
         {pid, ipc, uts, network, cgroup, time},
         {user, mount},
         false,
         0},
    };
    for (const Case& entry : cases) {
        CAPTURE(entry.what, entry.privileged);
        const NamespaceSteps steps = plan::plan_namespace_steps(entry.namespaces, entry.privileged);
        CHECK(steps.clone_flags == entry.clone_flags);
        CHECK(steps.unshared_by_init == entry.unshared_by_init);
        CHECK(steps.visited == entry.visited);
        CHECK(steps.joined_by_init == entry.joined_by_init);
        CHECK(steps.second_clone == entry.second_clone);
        CHECK(steps.second_clone_flags == entry.second_clone_flags);
    }
}
