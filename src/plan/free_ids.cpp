#include "rt/plan/free_ids.hpp"

#include <algorithm>

namespace rt::plan {

namespace {

bool overlap(const IdRange& a, const IdRange& b) { return a.first < b.end && b.first < a.end; }

// The first fitting place in the range from `start` on.
std::optional<std::uint64_t> find_in(const IdRange& range, const std::vector<IdRange>& used, std::uint64_t size,
                                     std::uint64_t start) {
    std::uint64_t first = std::max(range.first, start);
    while (first + size <= range.end) {
        const IdRange wanted{.first = first, .end = first + size};
        const auto taken = std::ranges::find_if(used, [&](const IdRange& other) { return overlap(wanted, other); });
        if (taken == used.end()) return first;
        first = taken->end;
    }
    return std::nullopt;
}

}  // namespace

std::vector<IdRange> host_ranges(const std::vector<spec::IdMapping>& entries) {
    std::vector<IdRange> ranges;
    for (const spec::IdMapping& entry : entries)
        ranges.push_back({.first = entry.host_id, .end = std::uint64_t{entry.host_id} + entry.size});
    return ranges;
}

bool overlap(const std::vector<IdRange>& a, const std::vector<IdRange>& b) {
    return std::ranges::any_of(a, [&](const IdRange& one) {
        return std::ranges::any_of(b, [&](const IdRange& other) { return overlap(one, other); });
    });
}

std::optional<std::uint32_t> find_free_ids(std::vector<IdRange> pool, const std::vector<IdRange>& used,
                                           std::uint32_t size, std::uint64_t start) {
    std::ranges::sort(pool, {}, &IdRange::first);
    for (const std::uint64_t from : {start, std::uint64_t{0}}) {
        for (const IdRange& range : pool) {
            if (const auto first = find_in(range, used, size, from)) return static_cast<std::uint32_t>(*first);
        }
    }
    return std::nullopt;
}

bool has_chosen_range(const std::map<std::string, std::string>& annotations) {
    const auto found = annotations.find(chosen_range_annotation);
    return found != annotations.end() && found->second == "auto";
}

}  // namespace rt::plan
