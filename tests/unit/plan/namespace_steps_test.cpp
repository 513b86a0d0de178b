#include "rt/plan/namespace_steps.hpp"

#include <sched.h>

#include <algorithm>

#include "catch.hpp"
#include "rt/base/error.hpp"
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

constexpr std::uint64_t own = 1;   // the inode of rt's own user namespace
constexpr std::uint64_t pod = 50;  // and of the one below it that is joined

struct Caller {
    const char* name;
    bool privileged;
    std::vector<std::uint64_t> owner;  // of everything that is joined, and the user namespaces above that one
    bool may_return = true;            // rt has power over the namespaces that it is in itself
};
const Caller root_and_its_own{"root, what it owns", true, {own}};
const Caller root_and_a_pod{"root, what the pod owns", true, {pod, own}};
const Caller user_and_a_pod{"user, what the pod owns", false, {pod, own}};
const Caller user_and_the_host{"user, what the host owns", false, {own}};
const Caller stranger{"root of a namespace, what the host owns", true, {}, false};
const Caller nested{"root of a namespace, what it owns", true, {own}, false};
const Caller nested_and_a_pod{"root of a namespace, what the pod in it owns", true, {pod, own}, false};

host::Facts facts_of(const Caller& caller) {
    host::Facts facts{.capabilities = caller.privileged ? ~std::uint64_t{0} : 0,
                      .initial_user_namespace = caller.may_return};
    for (const NamespaceTypeEntry& entry : namespace_types) {
        facts.namespace_owners[entry.type] = {.user_namespaces = caller.owner, .uid = 1000};
    }
    facts.joined_user_namespace = host::UserNamespaceMaps{.inode = pod};
    return facts;
}

// user_namespaces(7), setns(2): who has CAP_SYS_ADMIN over what is joined.
bool must_be_refused(const Namespaces& namespaces, const Caller& caller) {
    const bool inside = namespaces.joins(NamespaceType::user) && std::ranges::count(caller.owner, pod) > 0;
    const bool by_runtime = caller.privileged && !caller.owner.empty();
    return std::ranges::any_of(namespaces.joined, [&](const plan::JoinedNamespace& joined) {
        if (joined.type == NamespaceType::user) return false;
        if (joined.type != NamespaceType::mount) return !by_runtime && !inside;
        return namespaces.has(NamespaceType::user) ? !inside : !by_runtime;
    });
}

std::string description(const Namespaces& namespaces, const Caller& caller) {
    std::string text = concat(caller.name, ":");
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (namespaces.creates(entry.type)) text += concat(" +", entry.name);
        if (namespaces.joins(entry.type)) text += concat(" @", entry.name);
    }
    return text;
}

// What is wrong with the steps by the rules that hold for every container; empty when nothing is.
std::string broken_rule(const Namespaces& namespaces, const Caller& caller) {
    NamespaceSteps steps;
    try {
        steps = plan::plan_namespace_steps(namespaces, facts_of(caller));
    } catch (const Error& error) {
        return must_be_refused(namespaces, caller) ? "" : error.what();
    }
    if (must_be_refused(namespaces, caller)) return "what nobody may join is refused";
    const bool creates_user = namespaces.creates(NamespaceType::user);
    const bool joins_user = namespaces.joins(NamespaceType::user);
    std::uint64_t all = 0;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        int makers = 0;
        for (const std::uint64_t flags : {steps.clone_flags, steps.second_clone_flags, steps.unshared_by_init}) {
            makers += (flags & entry.clone_flag) != 0;
        }
        if (makers != (namespaces.creates(entry.type) ? 1 : 0)) return "made once when created, else never";
        const auto joins = std::ranges::count(steps.visited, entry.type) +
                           std::ranges::count(steps.joined_by_init, entry.type) +
                           std::ranges::count(steps.joined_before_init, entry.type);
        if (joins != (namespaces.joins(entry.type) ? 1 : 0)) return "joined once when it has a path, else never";
        all |= entry.clone_flag;
    }
    if (((steps.clone_flags | steps.second_clone_flags | steps.unshared_by_init) & ~all) != 0)
        return "only namespaces are made";
    if ((steps.clone_flags & (CLONE_NEWCGROUP | CLONE_NEWTIME)) != 0) return "cgroup and time are made by init";
    if (((steps.clone_flags | steps.second_clone_flags) & CLONE_NEWPID) == 0 && namespaces.creates(NamespaceType::pid))
        return "init is born in its pid namespace: unshare(2) moves children only";
    const std::uint64_t birth = steps.clone_flags | steps.second_clone_flags;
    if ((birth & CLONE_NEWUSER) == 0 && creates_user) return "init is born in its user namespace";
    if (creates_user && (birth & ~std::uint64_t{CLONE_NEWUSER | CLONE_NEWPID}) != 0)
        return "the rest is made inside a new user namespace, after its ids are mapped";
    if (joins_user && steps.clone_flags != 0) return "nothing is made before the user namespace is joined";
    if (joins_user && (steps.joined_by_init.empty() || steps.joined_by_init.front() != NamespaceType::user))
        return "the user namespace is joined first";
    if (contains(steps.visited, NamespaceType::user)) return "nobody comes back from a user namespace";
    if (contains(steps.visited, NamespaceType::mount)) return "the runtime keeps its mounts";
    if (namespaces.joins(NamespaceType::mount) && steps.joined_by_init.back() != NamespaceType::mount)
        return "the mount namespace is joined last";
    if (!(caller.privileged && caller.may_return) && !steps.visited.empty()) return "who leaves must be able to return";
    if (caller.privileged && caller.may_return && steps.joined_by_init.size() > 2)
        return "what the runtime may join it joins: init may not have the right";
    if (!steps.joined_before_init.empty() && (caller.may_return || !(creates_user || joins_user)))
        return "a process before init joins only what neither the runtime nor init can";
    if (contains(steps.joined_before_init, NamespaceType::user) ||
        contains(steps.joined_before_init, NamespaceType::mount))
        return "a user and a mount namespace are joined by init";
    const bool born_again = contains(steps.joined_by_init, NamespaceType::pid) ||
                            (joins_user && namespaces.creates(NamespaceType::pid)) || !steps.joined_before_init.empty();
    if (steps.second_clone != born_again) return "a second clone exactly where init must be born again";
    if (!steps.second_clone && steps.second_clone_flags != 0) return "flags of a clone that is not made";
    if (!steps.joined_before_init.empty() && steps.clone_flags != 0)
        return "nothing is made before what is joined first";
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
        for (const Caller& caller : {root_and_its_own, root_and_a_pod, user_and_a_pod, user_and_the_host, stranger,
                                     nested, nested_and_a_pod}) {
            ++combinations;
            const std::string broken = broken_rule(namespaces, caller);
            if (!broken.empty()) FAIL_CHECK(description(namespaces, caller) << ": " << broken);
        }
    } while (next());
    CHECK(combinations == 7 * 6561);
}

TEST_CASE("the order in which namespaces are listed does not matter", "[plan][namespaces]") {
    for (const Types& joined : {Types{NamespaceType::mount, NamespaceType::network, NamespaceType::user},
                                Types{NamespaceType::network, NamespaceType::mount, NamespaceType::user},
                                Types{NamespaceType::user, NamespaceType::mount, NamespaceType::network}}) {
        const NamespaceSteps steps = plan::plan_namespace_steps(make(0, joined), facts_of(user_and_a_pod));
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
        const NamespaceSteps steps =
            plan::plan_namespace_steps(entry.namespaces, facts_of(entry.privileged ? root_and_a_pod : user_and_a_pod));
        CHECK(steps.clone_flags == entry.clone_flags);
        CHECK(steps.unshared_by_init == entry.unshared_by_init);
        CHECK(steps.visited == entry.visited);
        CHECK(steps.joined_by_init == entry.joined_by_init);
        CHECK(steps.second_clone == entry.second_clone);
        CHECK(steps.second_clone_flags == entry.second_clone_flags);
    }
}

TEST_CASE("root of a user namespace joins what it owns without a way back", "[plan][namespaces]") {
    using enum NamespaceType;
    // As a rootless engine starts rt: the network of a pod, a new user namespace in the engine's own.
    const NamespaceSteps pod_network =
        plan::plan_namespace_steps(make(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS, {network}), facts_of(nested));
    CHECK(pod_network.joined_before_init == Types{network});
    CHECK(pod_network.clone_flags == 0);
    CHECK(pod_network.second_clone_flags == (CLONE_NEWUSER | CLONE_NEWPID));
    CHECK(pod_network.unshared_by_init == CLONE_NEWNS);

    const NamespaceSteps without_user =
        plan::plan_namespace_steps(make(CLONE_NEWPID | CLONE_NEWNS, {network}), facts_of(nested));
    CHECK(without_user.joined_by_init == Types{network});
    CHECK(without_user.clone_flags == (CLONE_NEWPID | CLONE_NEWNS));
    CHECK_FALSE(without_user.second_clone);

    const NamespaceSteps pid_of_another = plan::plan_namespace_steps(make(CLONE_NEWNS, {user, pid}), facts_of(nested));
    CHECK(pid_of_another.joined_before_init == Types{pid});
    CHECK(pid_of_another.joined_by_init == Types{user});
    CHECK(pid_of_another.second_clone);
    CHECK(pid_of_another.second_clone_flags == 0);
}

TEST_CASE("who owns a namespace that may not be joined is said", "[plan][namespaces]") {
    using enum NamespaceType;
    struct Case {
        const Caller& caller;
        Namespaces namespaces;
        const char* reason;
        const char* hint;
    };
    const Case cases[] = {
        {user_and_the_host, make(0, {network}), "user namespace 1 of uid 1000, and rt does not have CAP_SYS_ADMIN",
         "run rt as root"},
        {user_and_a_pod, make(0, {network}), "user namespace 50 of uid 1000, and rt does not have CAP_SYS_ADMIN",
         "join that user namespace too"},
        {user_and_a_pod, make(CLONE_NEWUSER, {network}), "user namespace 50 of uid 1000, which is not the container's",
         "run rt as root, or join that user namespace too"},
        {root_and_its_own, make(CLONE_NEWUSER, {mount}), "user namespace 1 of uid 1000, which is not the container's",
         "join that user namespace too"},
        {root_and_its_own, make(0, {user, mount}), "user namespace 1 of uid 1000, which is not the container's",
         "join that user namespace too"},
        {stranger, make(0, {ipc}), "neither rt's own nor one below it", "or in one above"},
        {stranger, make(CLONE_NEWUSER, {ipc}), "neither rt's own nor one below it", "or in one above"},
    };
    for (const Case& entry : cases) {
        CAPTURE(description(entry.namespaces, entry.caller));
        try {
            plan::plan_namespace_steps(entry.namespaces, facts_of(entry.caller));
            FAIL_CHECK("accepted");
        } catch (const Error& error) {
            CHECK(error.failure().object == "/ns");
            CHECK(error.failure().reason.find(entry.reason) != std::string::npos);
            CHECK(error.failure().hint.find(entry.hint) != std::string::npos);
        }
    }
}
