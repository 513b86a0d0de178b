#include "rt/analysis/namespaces.hpp"

#include <algorithm>
#include <set>

#include "rt/plan/id_mappings.hpp"

namespace rt::analysis {

namespace {

using Inodes = std::set<std::uint64_t>;

const host::Namespace* find(const std::vector<host::Namespace>& all, std::uint64_t inode) {
    const auto found = std::ranges::find(all, inode, &host::Namespace::inode);
    return found == all.end() || inode == 0 ? nullptr : &*found;
}

bool is_below(const std::vector<host::Namespace>& all, const host::Namespace& entry, std::uint64_t above) {
    for (const host::Namespace* step = &entry; step != nullptr; step = find(all, step->parent)) {
        if (step->inode == above) return true;
    }
    return false;
}

// With a pid namespace of its own, whoever is in it or in one below belongs to the container.
std::set<pid_t> processes_of(const RunningContainer& container, const std::vector<host::Namespace>& all) {
    std::set<pid_t> processes(container.processes.begin(), container.processes.end());
    if (container.pid_namespace == 0) return processes;
    for (const host::Namespace& entry : all) {
        if (entry.type != NamespaceType::pid || !is_below(all, entry, container.pid_namespace)) continue;
        processes.insert(entry.processes.begin(), entry.processes.end());
    }
    return processes;
}

Inodes namespaces_of(const RunningContainer& container, const std::vector<host::Namespace>& all) {
    const std::set<pid_t> processes = processes_of(container, all);
    Inodes inodes;
    for (const host::Namespace& entry : all) {
        const bool inside = std::ranges::any_of(entry.processes, [&](pid_t pid) { return processes.contains(pid); });
        if (inside) inodes.insert(entry.inode);
    }
    return inodes;
}

std::vector<host::Namespace> facts_of(const NamespaceReport& report) {
    std::vector<host::Namespace> all;
    for (const NamespaceEntry& entry : report.entries) all.push_back(entry.facts);
    return all;
}

}  // namespace

NamespaceReport report_namespaces(const host::Namespaces& namespaces, const std::vector<RunningContainer>& containers) {
    NamespaceReport report{.processes = namespaces.processes, .hidden = namespaces.hidden};
    std::vector<Inodes> theirs;
    for (const RunningContainer& container : containers) theirs.push_back(namespaces_of(container, namespaces.all));
    for (const host::Namespace& facts : namespaces.all) {
        NamespaceEntry entry{.facts = facts};
        const bool is_user = facts.type == NamespaceType::user;
        const host::Namespace* owner = is_user ? &facts : find(namespaces.all, facts.user_namespace);
        if (owner != nullptr) entry.owner_uid = owner->owner_uid;
        entry.uid_map = plan::parse_proc_mappings(facts.uid_map).value_or(std::vector<spec::IdMapping>());
        entry.gid_map = plan::parse_proc_mappings(facts.gid_map).value_or(std::vector<spec::IdMapping>());
        for (std::size_t i = 0; i < containers.size() && !facts.own; ++i) {
            if (theirs[i].contains(facts.inode)) entry.containers.push_back(containers[i].id);
        }
        report.entries.push_back(std::move(entry));
    }
    return report;
}

void keep_type(NamespaceReport& report, NamespaceType type) {
    std::erase_if(report.entries, [&](const NamespaceEntry& entry) { return entry.facts.type != type; });
}

void keep_container(NamespaceReport& report, const RunningContainer& container, bool relatives) {
    const std::vector<host::Namespace> all = facts_of(report);
    const Inodes inside = namespaces_of(container, all);
    Inodes kept = inside;
    for (const host::Namespace& entry : all) {
        if (!relatives || entry.type != NamespaceType::user) continue;
        for (const std::uint64_t inode : inside) {
            const host::Namespace& theirs = *find(all, inode);
            if (theirs.type != NamespaceType::user) continue;
            if (is_below(all, theirs, entry.inode) || (!theirs.own && is_below(all, entry, inode)))
                kept.insert(entry.inode);
        }
    }
    std::erase_if(report.entries, [&](const NamespaceEntry& entry) { return !kept.contains(entry.facts.inode); });
    for (NamespaceEntry& entry : report.entries) {
        if (inside.contains(entry.facts.inode)) entry.containers = {container.id};
    }
}

}  // namespace rt::analysis
