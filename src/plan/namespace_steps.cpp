#include "rt/plan/namespace_steps.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <utility>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

bool enters_children_only(NamespaceType type) { return type == NamespaceType::pid; }

// Who may join what: setns(2) wants CAP_SYS_ADMIN both in the user namespace that owns the target and in the one's own.
class JoinRules {
public:
    JoinRules(const Namespaces& namespaces, const host::Facts& facts) : namespaces_(namespaces), facts_(facts) {}

    bool runtime_may_join(NamespaceType type) const {
        return facts_.has_capability(CAP_SYS_ADMIN) && owner_of(type).known();
    }

    bool runtime_may_return(NamespaceType type) const {
        if (facts_.initial_user_namespace) return true;
        const auto found = facts_.own_namespace_owners.find(type);
        return found != facts_.own_namespace_owners.end() && found->second.known();
    }

    bool init_may_join(NamespaceType type) const {
        if (!namespaces_.has(NamespaceType::user)) return runtime_may_join(type);
        // Nothing that exists belongs to a user namespace that is made only now.
        return namespaces_.joins(NamespaceType::user) && facts_.joined_user_namespace &&
               owner_of(type).is_below(facts_.joined_user_namespace->inode);
    }

    [[noreturn]] void refuse(const JoinedNamespace& joined) const {
        const host::NamespaceOwner owner = owner_of(joined.type);
        const std::string doing = concat("join the ", name_of(joined.type), " namespace");
        if (!owner.known()) {
            fail(doing, joined.path, "it belongs to a user namespace that is neither rt's own nor one below it",
                 "run rt in the user namespace that owns it, or in one above");
        }
        const std::string whose =
            concat("it belongs to the user namespace ", owner.user_namespaces.front(), " of uid ", owner.uid);
        if (!namespaces_.has(NamespaceType::user)) {
            fail(doing, joined.path, concat(whose, ", and rt does not have CAP_SYS_ADMIN"),
                 "run rt as root, or join that user namespace too: { \"type\": \"user\", \"path\": ... }");
        }
        const char* as_root = joined.type == NamespaceType::mount ? "" : "run rt as root, or ";
        fail(doing, joined.path,
             concat(whose, ", which is not the container's, so the container's root has no power over it"),
             concat(as_root, "join that user namespace too: { \"type\": \"user\", \"path\": ... }"));
    }

private:
    host::NamespaceOwner owner_of(NamespaceType type) const {
        const auto found = facts_.namespace_owners.find(type);
        return found == facts_.namespace_owners.end() ? host::NamespaceOwner() : found->second;
    }

    const Namespaces& namespaces_;
    const host::Facts& facts_;
};

void plan_joins(NamespaceSteps& steps, const Namespaces& namespaces, const JoinRules& rules) {
    for (const JoinedNamespace& joined : namespaces.joined) {
        if (joined.type == NamespaceType::user) {
            steps.joined_by_init.push_back(joined.type);
            continue;
        }
        const bool by_runtime = joined.type != NamespaceType::mount && rules.runtime_may_join(joined.type);
        if (by_runtime && rules.runtime_may_return(joined.type)) {
            steps.visited.push_back(joined.type);
        } else if (rules.init_may_join(joined.type)) {
            steps.joined_by_init.push_back(joined.type);
        } else if (by_runtime) {
            steps.joined_before_init.push_back(joined.type);
        } else {
            rules.refuse(joined);
        }
    }
    const auto rank = [](NamespaceType type) {
        return type == NamespaceType::user ? 0 : type == NamespaceType::mount ? 2 : 1;
    };
    std::ranges::stable_sort(steps.joined_by_init, {}, rank);
}

}  // namespace

NamespaceSteps plan_namespace_steps(const Namespaces& namespaces, const host::Facts& facts) {
    NamespaceSteps steps;
    const bool own_user_namespace = namespaces.has(NamespaceType::user);
    plan_joins(steps, namespaces, JoinRules(namespaces, facts));

    constexpr std::uint64_t late = CLONE_NEWCGROUP | CLONE_NEWTIME;
    if (!own_user_namespace) {
        steps.clone_flags = namespaces.created & ~late;
    } else if (namespaces.creates(NamespaceType::user)) {
        steps.clone_flags = namespaces.created & (CLONE_NEWUSER | CLONE_NEWPID);
    }
    steps.unshared_by_init = namespaces.created & ~steps.clone_flags;

    const bool joins_for_children = std::ranges::any_of(steps.joined_by_init, enters_children_only);
    const bool pid_inside_joined_user = namespaces.joins(NamespaceType::user) && namespaces.creates(NamespaceType::pid);
    steps.second_clone = pid_inside_joined_user || joins_for_children;
    if (!steps.joined_before_init.empty()) {
        steps.second_clone = true;
        steps.second_clone_flags = std::exchange(steps.clone_flags, 0);
    }
    if (pid_inside_joined_user) {
        steps.second_clone_flags |= CLONE_NEWPID;
        steps.unshared_by_init &= ~std::uint64_t{CLONE_NEWPID};
    }
    return steps;
}

}  // namespace rt::plan
