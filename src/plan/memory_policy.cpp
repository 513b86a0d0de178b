#include "rt/plan/memory_policy.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr unsigned last_node = 1023;  // CONFIG_NODES_SHIFT is at most 10

JsonPointer policy_object() { return JsonPointer("/linux/memoryPolicy"); }

[[noreturn]] void refuse(const JsonPointer& where, std::string reason, std::string hint = {}) {
    fail("use the value at", where.text(), std::move(reason), std::move(hint));
}

int mode_of(const std::string& word) {
    const std::optional<int> mode = value_named(memory_policy_modes, word);
    if (mode) return *mode;
    refuse(policy_object() / "mode", concat("there is no memory policy '", printable(word), "'"),
           concat("the modes are ", names_in(memory_policy_modes)));
}

int flags_of(const std::vector<std::string>& words) {
    int flags = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::optional<int> flag = value_named(memory_policy_flags, words[i]);
        if (!flag) {
            refuse(policy_object() / "flags" / i, concat("there is no memory policy flag '", printable(words[i]), "'"),
                   concat("the flags are ", names_in(memory_policy_flags)));
        }
        flags |= *flag;
    }
    return flags;
}

// set_mempolicy(2), EINVAL.
void check_nodes(const spec::MemoryPolicy& policy, int mode, const NumberSet& nodes) {
    const JsonPointer where = policy_object() / "nodes";
    const bool takes_none = mode == MPOL_DEFAULT || mode == MPOL_LOCAL;
    if (takes_none && !nodes.empty()) refuse(where, concat(policy.mode, " takes no nodes"), "leave nodes out");
    if (!takes_none && mode != MPOL_PREFERRED && nodes.empty()) {
        refuse(where, concat(policy.mode, " needs at least one node, and none is given"));
    }
}

void check_flags(const spec::MemoryPolicy& policy, int mode, int flags, const NumberSet& nodes) {
    const JsonPointer where = policy_object() / "flags";
    constexpr int about_nodes = MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES;
    if ((flags & about_nodes) == about_nodes) {
        refuse(where, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
    }
    if ((flags & about_nodes) != 0 && nodes.empty()) {
        refuse(where,
               concat(policy.mode, " without nodes takes neither MPOL_F_STATIC_NODES nor MPOL_F_RELATIVE_NODES"));
    }
    if ((flags & MPOL_F_NUMA_BALANCING) != 0 && mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY) {
        refuse(where,
               concat("MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY, and the mode is ", policy.mode));
    }
}

// The kernel would leave out without a word the nodes that do not exist, as long as one does.
void require_possible(const NumberSet& nodes, const host::Facts& facts) {
    if (!facts.possible_memory_nodes) return;
    const JsonPointer where = policy_object() / "nodes";
    const NumberSet missing = nodes.without(read_number_list(*facts.possible_memory_nodes, last_node, where));
    if (missing.empty()) return;
    refuse(where, concat("this machine cannot have the memory nodes ", missing.text(), ", only ",
                         *facts.possible_memory_nodes, " (/sys/devices/system/node/possible)"));
}

}  // namespace

MemoryPolicy plan_memory_policy(const spec::MemoryPolicy& policy, const host::Facts& facts) {
    const int mode = mode_of(policy.mode);
    const int flags = flags_of(policy.flags);
    NumberSet nodes = read_number_list(policy.nodes, last_node, policy_object() / "nodes");
    check_nodes(policy, mode, nodes);
    check_flags(policy, mode, flags, nodes);
    // Relative numbers are counted within the nodes that are allowed at the time: none is impossible.
    if ((flags & MPOL_F_RELATIVE_NODES) == 0) require_possible(nodes, facts);
    std::string description = policy.mode;
    if (!nodes.empty()) description += concat(" of the nodes ", nodes.text());
    return {.mode = mode | flags, .nodes = std::move(nodes), .description = std::move(description)};
}

}  // namespace rt::plan
