#pragma once

#include <cstdint>
#include <string>

#include "rt/plan/chosen_mappings.hpp"
#include "rt/state/user_ranges.hpp"

namespace rt::container {

/// The mappings of `rt spec --userns auto`: `size` ids of the host, which are those of the container from 0 on.
struct ChosenMappings {
    plan::Mapping uids;
    plan::Mapping gids;
};

/// Chooses ids that nobody has, and adds them to the list, which is still to be written. They are no account's, in no line of
/// /etc/subuid and /etc/subgid but the caller's own, in no user namespace that is to be seen in /proc, not those of a container
/// of the same root, and in no other range of the list. Where the search begins depends on the bundle: after a restart of the
/// machine, when the list is gone, it finds the same again. \throws Error: there are no such ids
ChosenMappings choose_range(state::RangeList& list, const std::string& root, const std::string& bundle,
                            std::uint32_t size);

}  // namespace rt::container
