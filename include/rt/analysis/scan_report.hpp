#pragma once

#include <string>
#include <vector>

#include "rt/analysis/scan.hpp"

namespace rt::analysis {

/// A tree and what was found in it.
struct ScannedTree {
    ScanTree tree;
    ScanResult result;

    /// Whether there is something to tell of: findings, or what could not be looked at.
    bool has_findings() const;
};

/// A way out, for the user to choose.
struct Fix {
    std::string kind;  ///< "idmap", "chown" or "range"
    std::string text;

    bool operator==(const Fix&) const = default;
};

/// What would give the files owners in the container: an id-mapped mount where most files wait for it, commands that change
/// the files, entries of uidMappings and gidMappings. The owners with most files first, three of each kind.
std::vector<Fix> fixes(const ScannedTree& scanned);

/// What was found in one line, and the owners that are not mapped in another.
std::string headline(const ScannedTree& scanned);
std::string owners_line(const ScannedTree& scanned);

/// The directories that explain it as a table, ten of them; the first row has the headings.
std::vector<std::vector<std::string>> culprit_rows(const ScannedTree& scanned);

/// The JSON document of rt-scan(8).
std::string scan_json(const std::vector<ScannedTree>& trees);

}  // namespace rt::analysis
