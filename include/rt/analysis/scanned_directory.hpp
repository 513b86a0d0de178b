#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rt/analysis/file_ids.hpp"

namespace rt::analysis {

struct ScanCounts {
    std::size_t entries = 0;
    std::size_t found = 0;  ///< of them those that something is wrong with
    std::size_t unmapped = 0;
    std::size_t set_id = 0;
    std::size_t capabilities = 0;

    void add(const FileVerdict& verdict) noexcept;
    ScanCounts& operator+=(const ScanCounts& other) noexcept;
    bool operator==(const ScanCounts&) const = default;
};

/// A directory of a tree that was looked through. Written by one thread only: its own counts are of it itself and of what lies in
/// it but is no directory.
struct ScannedDirectory {
    std::string name;
    const ScannedDirectory* parent = nullptr;
    std::vector<std::unique_ptr<ScannedDirectory>> children;
    ScanCounts own;
    std::uint64_t mount = 0;     ///< the kernel's number of the mount it is on
    bool mounted_below = false;  ///< on another mount than the top of the tree
    bool is_mount_point = false;

    /// From the top of the tree, which is "".
    std::string path() const;
    /// With all below it.
    ScanCounts total() const;
};

/// A directory that explains findings.
struct Culprit {
    std::string path;  ///< from the top of the tree: "/" or "/var/lib"
    ScanCounts counts;
    bool below = false;  ///< with all that lies below it; else what lies directly in it

    bool operator==(const Culprit&) const = default;
};

/// The topmost directories in which nearly everything has been found, and for the rest those in which it lies; the worst first.
std::vector<Culprit> culprits(const ScannedDirectory& top);

enum class IdKind : std::uint8_t { uid, gid };

/// How many files have an owner or a group that is not mapped, by its id on the disk.
using UnmappedOwners = std::map<std::pair<IdKind, std::uint32_t>, std::size_t>;

}  // namespace rt::analysis
