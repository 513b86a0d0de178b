#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "rt/analysis/scanned_directory.hpp"
#include "rt/os/fd.hpp"

namespace rt::analysis {

/// A tree of files that a container sees.
struct ScanTree {
    std::string name;  ///< "rootfs", "mount 3 (bind on /data)"
    std::string path;  ///< on the host
    TreeIds ids;
    bool with_mounts_below = false;
    bool is_rootfs = false;
};

struct ScanResult {
    std::string skipped;  ///< why it was not looked through; empty: it was
    ScannedDirectory top;
    UnmappedOwners owners;
    std::size_t unreadable = 0;  ///< directories and files that the caller may not look at
    std::string first_unreadable;
};

struct ScanProgress {
    std::size_t entries = 0;
    std::size_t directories = 0;  ///< done
    std::size_t known = 0;        ///< directories that were found so far
};

/// Looks through the tree with several threads. No symbolic link is followed; what is mounted below is looked at when it is seen in
/// the container too, unless it is a file system of the kernel such as proc. `show` is called several times a second.
/// \throws Error: a thread cannot be started
ScanResult scan(const ScanTree& tree, const std::function<void(const ScanProgress&)>& show);

}  // namespace rt::analysis
