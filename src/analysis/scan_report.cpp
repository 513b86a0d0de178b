#include "rt/analysis/scan_report.hpp"

#include <nlohmann/json.hpp>

#include "rt/base/text.hpp"

namespace rt::analysis {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t most_culprits = 10;

std::string host_path(const ScanTree& tree, const std::string& path) {
    return path == "/" ? tree.path : concat(tree.path, path);
}

ordered_json counts_json(const ScanCounts& counts) {
    return {{"entries", counts.entries},
            {"unmapped", counts.unmapped},
            {"setId", counts.set_id},
            {"capabilities", counts.capabilities}};
}

ordered_json tree_json(const ScannedTree& scanned) {
    const ScanTree& tree = scanned.tree;
    ordered_json object{{"name", tree.name}, {"path", tree.path}, {"idMapped", tree.ids.mount.has_value()}};
    if (!scanned.result.skipped.empty()) {
        object["skipped"] = scanned.result.skipped;
        return object;
    }
    object.update(counts_json(scanned.result.top.total()));
    object["unreadable"] = scanned.result.unreadable;
    object["directories"] = ordered_json::array();
    for (const Culprit& culprit : culprits(scanned.result.top)) {
        ordered_json entry{{"path", host_path(tree, culprit.path)}, {"below", culprit.below}};
        entry.update(counts_json(culprit.counts));
        object["directories"].push_back(std::move(entry));
    }
    object["owners"] = ordered_json::array();
    for (const auto& [owner, count] : scanned.result.owners) {
        object["owners"].push_back(
            {{"kind", owner.first == IdKind::uid ? "uid" : "gid"}, {"id", owner.second}, {"count", count}});
    }
    object["fixes"] = ordered_json::array();
    for (const Fix& fix : fixes(scanned)) object["fixes"].push_back({{"kind", fix.kind}, {"text", fix.text}});
    return object;
}

}  // namespace

bool ScannedTree::has_findings() const { return result.unreadable > 0 || result.top.total().found > 0; }

std::string headline(const ScannedTree& scanned) {
    const std::string name =
        concat(scanned.tree.name, ", ", printable(scanned.tree.path), scanned.tree.ids.mount ? ", id-mapped: " : ": ");
    if (!scanned.result.skipped.empty()) return concat(name, "not looked at: ", scanned.result.skipped);
    const ScanCounts counts = scanned.result.top.total();
    std::vector<std::string> findings;
    if (counts.unmapped > 0) findings.push_back(concat(counts.unmapped, " show as nobody"));
    if (counts.set_id > 0) findings.push_back(concat(counts.set_id, " set-uid or set-gid bits have no effect"));
    if (counts.capabilities > 0)
        findings.push_back(concat("the capabilities of ", counts.capabilities, " have no effect"));
    if (scanned.result.unreadable > 0) {
        findings.push_back(concat(scanned.result.unreadable,
                                  scanned.result.unreadable == 1 ? " directory" : " directories",
                                  " may not be read, such as ", printable(scanned.result.first_unreadable)));
    }
    return concat(name, counts.entries, counts.entries == 1 ? " file, " : " files, ",
                  findings.empty() ? "nothing found" : join(findings, ", "));
}

std::vector<std::vector<std::string>> culprit_rows(const ScannedTree& scanned) {
    std::vector<std::vector<std::string>> rows{{"NOBODY", "SET-ID", "CAPS", "OF", "DIRECTORY"}};
    const std::vector<Culprit> found = culprits(scanned.result.top);
    ScanCounts rest;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const ScanCounts& counts = found[i].counts;
        if (i >= most_culprits) {
            rest += counts;
            continue;
        }
        const std::string path = printable(host_path(scanned.tree, found[i].path));
        rows.push_back({std::to_string(counts.unmapped), std::to_string(counts.set_id),
                        std::to_string(counts.capabilities), std::to_string(counts.entries),
                        found[i].below ? path : path + " (not below)"});
    }
    if (found.size() > most_culprits) {
        rows.push_back({std::to_string(rest.unmapped), std::to_string(rest.set_id), std::to_string(rest.capabilities),
                        std::to_string(rest.entries), concat("(in ", found.size() - most_culprits, " more)")});
    }
    return rows;
}

std::string scan_json(const std::vector<ScannedTree>& trees) {
    ordered_json document{{"trees", ordered_json::array()}};
    for (const ScannedTree& scanned : trees) document["trees"].push_back(tree_json(scanned));
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rt::analysis
