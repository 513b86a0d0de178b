#include "rt/analysis/scanned_directory.hpp"

#include <algorithm>

#include "rt/base/text.hpp"

namespace rt::analysis {

namespace {

// Nine of ten: a few files of others do not make their directory a place where some are wrong.
bool nearly_all(const ScanCounts& counts) { return counts.found * 10 >= counts.entries * 9; }

void collect(const ScannedDirectory& directory, std::vector<Culprit>& found) {
    const ScanCounts total = directory.total();
    if (total.found == 0) return;
    const std::string path = directory.parent == nullptr ? "/" : directory.path();
    if (nearly_all(total)) {
        found.push_back({.path = path, .counts = total, .below = true});
        return;
    }
    if (directory.own.found > 0) found.push_back({.path = path, .counts = directory.own, .below = false});
    for (const auto& child : directory.children) collect(*child, found);
}

}  // namespace

void ScanCounts::add(const FileVerdict& verdict) noexcept {
    ++entries;
    if (!verdict.nothing()) ++found;
    if (verdict.unmapped()) ++unmapped;
    if (verdict.set_id_lost) ++set_id;
    if (verdict.capability_lost) ++capabilities;
}

ScanCounts& ScanCounts::operator+=(const ScanCounts& other) noexcept {
    entries += other.entries;
    found += other.found;
    unmapped += other.unmapped;
    set_id += other.set_id;
    capabilities += other.capabilities;
    return *this;
}

std::string ScannedDirectory::path() const {
    std::vector<const ScannedDirectory*> steps;
    for (const ScannedDirectory* step = this; step->parent != nullptr; step = step->parent) steps.push_back(step);
    std::string path;
    std::for_each(steps.rbegin(), steps.rend(), [&](const ScannedDirectory* step) { path += "/" + step->name; });
    return path;
}

ScanCounts ScannedDirectory::total() const {
    ScanCounts sum = own;
    for (const auto& child : children) sum += child->total();
    return sum;
}

std::vector<Culprit> culprits(const ScannedDirectory& top) {
    std::vector<Culprit> found;
    collect(top, found);
    std::ranges::stable_sort(found, [](const Culprit& a, const Culprit& b) {
        return std::pair(b.counts.found, a.path) < std::pair(a.counts.found, b.path);
    });
    return found;
}

}  // namespace rt::analysis
