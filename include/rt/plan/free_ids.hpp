#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/spec/id_mapping.hpp"

namespace rt::plan {

/// Ids of the host, from `first` to before `end`.
struct IdRange {
    std::uint64_t first = 0;
    std::uint64_t end = 0;

    bool operator==(const IdRange&) const = default;
};

/// The host's side of mappings, each entry a range.
std::vector<IdRange> host_ranges(const std::vector<spec::IdMapping>& entries);

bool overlap(const std::vector<IdRange>& a, const std::vector<IdRange>& b);

/// The first of `size` ids in a row that lie in one range of the pool and in none of those that are used. The search begins at
/// `start`, and goes on with the ids below it. Empty: there are none.
std::optional<std::uint32_t> find_free_ids(std::vector<IdRange> pool, const std::vector<IdRange>& used,
                                           std::uint32_t size, std::uint64_t start);

/// By this annotation, with the value "auto", a config says that `rt spec --userns auto` has chosen its range of ids.
inline constexpr const char* chosen_range_annotation = "org.rt.userns";
bool has_chosen_range(const std::map<std::string, std::string>& annotations);

}  // namespace rt::plan
