#include <algorithm>

#include "rt/analysis/scan_report.hpp"
#include "rt/base/text.hpp"

namespace rt::analysis {

namespace {

using Owner = std::pair<IdKind, std::uint32_t>;

constexpr std::size_t most_of_a_kind = 3;

bool is_uid(const Owner& owner) { return owner.first == IdKind::uid; }

const plan::IdMappings& mapping_of(const ScanTree& tree, const Owner& owner) {
    return is_uid(owner) ? tree.ids.container.uids : tree.ids.container.gids;
}

std::vector<Owner> by_number_of_files(const UnmappedOwners& owners) {
    std::vector<Owner> sorted;
    for (const auto& [owner, count] : owners) sorted.push_back(owner);
    std::ranges::stable_sort(sorted, [&](const Owner& a, const Owner& b) { return owners.at(a) > owners.at(b); });
    return sorted;
}

std::string quoted(const std::string& path) {
    std::string text = "'";
    for (const char c : path) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

// The id of the container itself where that is free, else the first free one.
std::uint32_t free_id(const plan::IdMappings& mapping, std::uint32_t wanted) {
    std::uint32_t id = wanted;
    if (!mapping.to_host(id)) return id;
    for (id = 0; mapping.to_host(id);) {
        for (const spec::IdMapping& entry : mapping.entries()) {
            if (id >= entry.container_id && id - entry.container_id < entry.size) id = entry.container_id + entry.size;
        }
    }
    return id;
}

std::string chown_command(const ScanTree& tree, const Owner& owner, std::uint32_t host) {
    const bool uid = is_uid(owner);
    return concat("find ", quoted(tree.path), tree.with_mounts_below ? "" : " -xdev", uid ? " -uid " : " -gid ",
                  owner.second, " -exec ", uid ? "chown" : "chgrp", " -h ", host, " {} +");
}

std::string range_entry(const ScanTree& tree, const Owner& owner) {
    const char* field = is_uid(owner) ? "/linux/uidMappings" : "/linux/gidMappings";
    // Behind an id-mapped mount it is the id of the container that is missing, whatever stands behind it.
    if (tree.ids.mount) return concat("map the container's id ", owner.second, " in ", field);
    return concat("add to ", field, ": { \"containerID\": ", free_id(mapping_of(tree, owner), owner.second),
                  ", \"hostID\": ", owner.second, ", \"size\": 1 }");
}

// Its files would be mapped by a mount with the mapping of the container, and most files of the tree are of this kind.
bool wants_idmap(const ScannedTree& scanned) {
    if (scanned.tree.ids.mount) return false;
    const ScanCounts counts = scanned.result.top.total();
    if (counts.unmapped * 2 < counts.entries) return false;
    return std::ranges::any_of(scanned.result.owners, [&](const auto& entry) {
        return mapping_of(scanned.tree, entry.first).to_host(entry.first.second).has_value();
    });
}

}  // namespace

std::vector<Fix> fixes(const ScannedTree& scanned) {
    const ScanTree& tree = scanned.tree;
    std::vector<Fix> found;
    if (wants_idmap(scanned)) {
        found.push_back(
            {"idmap", concat(tree.is_rootfs ? "rt run --idmap-rootfs, or the annotation org.rt.root.idmap"
                                            : "add the option idmap to the mount",
                             ": the owners on the disk are those in the container then, and no file changes")});
    }
    std::vector<Fix> commands;
    std::vector<Fix> ranges;
    for (const Owner& owner : by_number_of_files(scanned.result.owners)) {
        const auto host = mapping_of(tree, owner).to_host(owner.second);
        if (host && !tree.ids.mount && commands.size() < most_of_a_kind)
            commands.push_back({"chown", chown_command(tree, owner, *host)});
        if (!host && ranges.size() < most_of_a_kind) ranges.push_back({"range", range_entry(tree, owner)});
    }
    found.insert(found.end(), commands.begin(), commands.end());
    found.insert(found.end(), ranges.begin(), ranges.end());
    return found;
}

std::string owners_line(const ScannedTree& scanned) {
    constexpr std::size_t most = 6;
    std::vector<std::string> words;
    for (const Owner& owner : by_number_of_files(scanned.result.owners)) {
        if (words.size() == most) {
            words.push_back(concat("and ", scanned.result.owners.size() - most, " more"));
            break;
        }
        words.push_back(
            concat(is_uid(owner) ? "uid " : "gid ", owner.second, " (", scanned.result.owners.at(owner), ")"));
    }
    return words.empty() ? "" : concat("not mapped: ", join(words, ", "));
}

}  // namespace rt::analysis
