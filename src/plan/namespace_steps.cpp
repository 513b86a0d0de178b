#include "rt/plan/namespace_steps.hpp"

#include <algorithm>

namespace rt::plan {

namespace {

// Entered by init at its turn, whoever owns them.
bool always_by_init(NamespaceType type) { return type == NamespaceType::user || type == NamespaceType::mount; }

bool enters_children_only(NamespaceType type) { return type == NamespaceType::pid; }

void plan_joins(NamespaceSteps& steps, const Namespaces& namespaces, bool may_visit) {
    for (const JoinedNamespace& joined : namespaces.joined) {
        const bool by_init = always_by_init(joined.type) || !may_visit;
        (by_init ? steps.joined_by_init : steps.visited).push_back(joined.type);
    }
    const auto rank = [](NamespaceType type) {
        return type == NamespaceType::user ? 0 : type == NamespaceType::mount ? 2 : 1;
    };
    std::ranges::stable_sort(steps.joined_by_init, {}, rank);
}

}  // namespace

NamespaceSteps plan_namespace_steps(const Namespaces& namespaces, bool privileged) {
    NamespaceSteps steps;
    const bool own_user_namespace = namespaces.has(NamespaceType::user);
    plan_joins(steps, namespaces, privileged || !own_user_namespace);

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
    if (pid_inside_joined_user) {
        steps.second_clone_flags = CLONE_NEWPID;
        steps.unshared_by_init &= ~std::uint64_t{CLONE_NEWPID};
    }
    return steps;
}

}  // namespace rt::plan
