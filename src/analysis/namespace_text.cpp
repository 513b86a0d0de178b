#include "rt/analysis/namespace_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "rt/base/text.hpp"

namespace rt::analysis {

namespace {

using nlohmann::ordered_json;
using Row = std::vector<std::string>;

constexpr std::size_t longest_command = 80;

std::string inode_text(std::uint64_t inode) { return inode == 0 ? "-" : std::to_string(inode); }

// "0:1000:1,1:100000:65535", as --map of rt-spec(8) takes it; of many ranges the first.
std::string map_text(const std::vector<spec::IdMapping>& map) {
    constexpr std::size_t most = 3;
    std::vector<std::string> ranges;
    for (std::size_t i = 0; i < std::min(map.size(), most); ++i)
        ranges.push_back(concat(map[i].container_id, ":", map[i].host_id, ":", map[i].size));
    if (map.size() > most) ranges.push_back(concat("+", map.size() - most));
    return ranges.empty() ? "-" : join(ranges, ",");
}

std::string owner_text(const NamespaceEntry& entry) { return entry.owner_uid ? std::to_string(*entry.owner_uid) : "-"; }

std::string containers_text(const NamespaceEntry& entry) {
    if (entry.containers.empty()) return "-";
    return join(entry.containers, ",") + (entry.facts.own ? " (shared)" : "");
}

// Who keeps the namespace: a process, else what is known instead.
Row keeper(const host::Namespace& facts) {
    if (facts.oldest != 0) return {std::to_string(facts.oldest), clipped(facts.command, longest_command)};
    if (!facts.mounts.empty()) return {"-", concat("(mounted on ", printable(facts.mounts[0].path), ")")};
    return {"-", "(nobody in sight)"};
}

Row with(Row row, const Row& more) {
    row.insert(row.end(), more.begin(), more.end());
    return row;
}

class Tree {
public:
    explicit Tree(const NamespaceReport& report) : report_(report) {
        for (const NamespaceEntry& entry : report.entries) {
            if (entry.facts.type == NamespaceType::user) known_.insert(entry.facts.inode);
        }
    }

    std::vector<Row> rows() {
        rows_ = {{"USER NAMESPACE", "PROCS", "OWNER", "UID-MAP", "GID-MAP", "OWNS", "CONTAINER", "PID", "COMMAND"}};
        for (const NamespaceEntry& entry : report_.entries) {
            if (entry.facts.type == NamespaceType::user && !known_.contains(entry.facts.parent)) add(entry, "", "");
        }
        return std::move(rows_);
    }

private:
    void add(const NamespaceEntry& entry, const std::string& branch, const std::string& below) {
        const host::Namespace& facts = entry.facts;
        rows_.push_back(
            with({concat(branch, facts.inode), std::to_string(facts.processes.size()), owner_text(entry),
                  map_text(entry.uid_map), map_text(entry.gid_map), owned_by(facts.inode), containers_text(entry)},
                 keeper(facts)));
        std::vector<const NamespaceEntry*> children;
        for (const NamespaceEntry& other : report_.entries) {
            if (other.facts.type == NamespaceType::user && other.facts.parent == facts.inode)
                children.push_back(&other);
        }
        for (const NamespaceEntry* child : children) {
            const bool last = child == children.back();
            add(*child, below + (last ? "`- " : "|- "), below + (last ? "   " : "|  "));
        }
    }

    // "pid, 2 mount"
    std::string owned_by(std::uint64_t inode) const {
        std::vector<std::string> owned;
        for (const NamespaceTypeEntry& type : namespace_types) {
            const auto count = std::ranges::count_if(report_.entries, [&](const NamespaceEntry& entry) {
                return entry.facts.type == type.type && entry.facts.user_namespace == inode;
            });
            if (count == 0 || type.type == NamespaceType::user) continue;
            owned.push_back(count == 1 ? std::string(type.name) : concat(count, " ", type.name));
        }
        return owned.empty() ? "-" : join(owned, ", ");
    }

    const NamespaceReport& report_;
    std::set<std::uint64_t> known_;
    std::vector<Row> rows_;
};

ordered_json map_json(const std::vector<spec::IdMapping>& map) {
    ordered_json entries = ordered_json::array();
    for (const spec::IdMapping& entry : map)
        entries.push_back({{"containerID", entry.container_id}, {"hostID", entry.host_id}, {"size", entry.size}});
    return entries;
}

ordered_json entry_json(const NamespaceEntry& entry) {
    const host::Namespace& facts = entry.facts;
    ordered_json object{{"type", name_of(facts.type)}, {"inode", facts.inode}, {"processes", facts.processes.size()}};
    if (facts.oldest != 0) {
        object["pid"] = facts.oldest;
        object["command"] = facts.command;
    }
    if (entry.owner_uid) object["ownerUid"] = *entry.owner_uid;
    if (facts.user_namespace != 0) object["userNamespace"] = facts.user_namespace;
    if (facts.parent != 0) object["parent"] = facts.parent;
    if (!entry.uid_map.empty()) object["uidMappings"] = map_json(entry.uid_map);
    if (!entry.gid_map.empty()) object["gidMappings"] = map_json(entry.gid_map);
    object["own"] = facts.own;
    object["containers"] = entry.containers;
    object["mounts"] = ordered_json::array();
    for (const host::NamespaceMount& mount : facts.mounts) {
        ordered_json place{{"path", mount.path}};
        if (mount.mount_namespace != 0) place["mountNamespace"] = mount.mount_namespace;
        object["mounts"].push_back(std::move(place));
    }
    return object;
}

}  // namespace

std::vector<std::vector<std::string>> namespace_table(const NamespaceReport& report) {
    std::vector<Row> rows{
        {"TYPE", "INODE", "PROCS", "OWNER", "USERNS", "PARENT", "UID-MAP", "GID-MAP", "CONTAINER", "PID", "COMMAND"}};
    for (const NamespaceEntry& entry : report.entries) {
        const host::Namespace& facts = entry.facts;
        rows.push_back(
            with({std::string(name_of(facts.type)), std::to_string(facts.inode), std::to_string(facts.processes.size()),
                  owner_text(entry), inode_text(facts.user_namespace), inode_text(facts.parent),
                  map_text(entry.uid_map), map_text(entry.gid_map), containers_text(entry)},
                 keeper(facts)));
    }
    return rows;
}

std::vector<std::vector<std::string>> namespace_tree(const NamespaceReport& report) { return Tree(report).rows(); }

std::string namespace_json(const NamespaceReport& report) {
    ordered_json document{
        {"namespaces", ordered_json::array()}, {"processes", report.processes}, {"hiddenProcesses", report.hidden}};
    for (const NamespaceEntry& entry : report.entries) document["namespaces"].push_back(entry_json(entry));
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rt::analysis
