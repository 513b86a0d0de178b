#pragma once

#include <string>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/plan/free_ids.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::state {

/// Ids of the host that `rt spec --userns auto` has chosen for a bundle.
struct ChosenRange {
    std::string bundle;                   ///< absolute path
    std::vector<std::string> containers;  ///< that have the ids; empty: none had them yet
    std::vector<plan::IdRange> uids;
    std::vector<plan::IdRange> gids;
};

/// The ranges that are taken, `<root>/.ranges.json`, held under a lock of the root: whoever else chooses or gives back, waits.
/// A range is the bundle's until a container of it is made, and then that of its containers: with the last one it is free again,
/// and so is the one of a bundle that is gone.
class RangeList {
public:
    /// Makes the root when it is missing, and leaves out what has become free. \throws Error: damaged
    static RangeList open(const std::string& root);

    std::vector<ChosenRange>& ranges() noexcept { return ranges_; }
    const std::vector<ChosenRange>& ranges() const noexcept { return ranges_; }
    /// \throws Error
    void write() const;

private:
    explicit RangeList(os::UniqueFd root) noexcept : root_(std::move(root)) {}

    os::UniqueFd root_;
    std::vector<ChosenRange> ranges_;
};

/// That a container which is being made has its range: the destructor gives it back to the bundle, unless release() is called.
class RangeClaim {
public:
    RangeClaim() = default;
    RangeClaim(std::string root, std::string id) : root_(std::move(root)), id_(std::move(id)) {}
    RangeClaim(RangeClaim&& other) noexcept;
    RangeClaim& operator=(RangeClaim&&) = delete;
    RangeClaim(const RangeClaim&) = delete;
    RangeClaim& operator=(const RangeClaim&) = delete;
    ~RangeClaim();

    void release() noexcept { root_.clear(); }

private:
    std::string root_;  ///< empty: nothing is claimed
    std::string id_;
};

/// Takes the range of the bundle for a container, and once more when it was given back and nobody else has got it.
/// \throws Error that names the bundle which has it now
RangeClaim claim_range(const std::string& root, const std::string& id, const std::string& bundle,
                       const plan::UserMappings& mappings);

/// After the state directory of the container was removed. A failure is a warning: the list is looked through again with the next
/// choice.
void give_back_range(const std::string& root, const std::string& id) noexcept;

}  // namespace rt::state
