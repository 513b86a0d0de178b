#include "rt/plan/id_mappings.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

using spec::IdMapping;

constexpr std::size_t most_entries = 340;          // UID_GID_MAP_MAX_EXTENTS of the kernel
constexpr std::uint64_t end_of_ids = 4294967295U;  // (uid_t)-1 means "no id": the kernel refuses to map it

std::string range_text(std::uint32_t first, std::uint32_t size) {
    return size == 1 ? std::to_string(first) : concat(first, "-", std::uint64_t{first} + size - 1);
}

[[noreturn]] void refuse(const JsonPointer& where, std::string reason, std::string hint) {
    fail("use the mappings at", where.text(), std::move(reason), std::move(hint));
}

void check_range(const IdMapping& entry, const JsonPointer& where) {
    if (entry.size == 0)
        refuse(where, "size is 0: it maps no id", "give the number of ids, at least 1, or drop the entry");
    const auto check_end = [&](std::uint32_t first, const char* side) {
        if (std::uint64_t{first} + entry.size <= end_of_ids) return;
        refuse(where,
               concat(side, " ids ", first, "-", std::uint64_t{first} + entry.size - 1,
                      " reach past 4294967294, the highest id there is"),
               concat("a range that starts at ", first, " can hold at most ", end_of_ids - first, " ids"));
    };
    check_end(entry.container_id, "container");
    check_end(entry.host_id, "host");
}

// Sorted by start, only neighbours can overlap: 340 entries are checked at once.
void check_overlap(const std::vector<IdMapping>& entries, const JsonPointer& where, std::uint32_t IdMapping::* side,
                   const char* side_name) {
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(entries[i].*side, i); });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const auto [first, second] = std::minmax(order[i - 1], order[i]);
        const IdMapping& below = entries[order[i - 1]];
        const IdMapping& above = entries[order[i]];
        if (std::uint64_t{below.*side} + below.size <= above.*side) continue;
        refuse(where / second,
               concat(side_name, " ids ", range_text(entries[second].*side, entries[second].size), " overlap ",
                      range_text(entries[first].*side, entries[first].size), " of entry ", first),
               "make the ranges disjoint");
    }
}

// The mapping as sorted entries, neighbours that continue each other joined: the same mapping gives the same entries.
std::vector<IdMapping> normalised(std::vector<IdMapping> entries) {
    std::ranges::sort(entries, {}, &IdMapping::container_id);
    std::vector<IdMapping> joined;
    for (const IdMapping& entry : entries) {
        if (!joined.empty()) {
            IdMapping& last = joined.back();
            const bool continues =
                last.container_id + last.size == entry.container_id && last.host_id + last.size == entry.host_id;
            if (continues) {
                last.size += entry.size;
                continue;
            }
        }
        joined.push_back(entry);
    }
    return joined;
}

bool same_entry(const IdMapping& a, const IdMapping& b) {
    return a.container_id == b.container_id && a.host_id == b.host_id && a.size == b.size;
}

}  // namespace

IdMappings IdMappings::validate(std::vector<IdMapping> entries, const JsonPointer& where) {
    if (entries.size() > most_entries) {
        refuse(where, concat(entries.size(), " entries: the kernel takes at most ", most_entries),
               "join ranges that continue each other");
    }
    for (std::size_t i = 0; i < entries.size(); ++i) check_range(entries[i], where / i);
    check_overlap(entries, where, &IdMapping::container_id, "container");
    check_overlap(entries, where, &IdMapping::host_id, "host");
    IdMappings mappings(std::move(entries));
    const std::size_t length = mappings.to_proc_text().size();
    const auto page = static_cast<std::size_t>(::getpagesize());
    if (length >= page) {
        refuse(where,
               concat("written for the kernel the ", mappings.entries_.size(), " entries are ", length,
                      " bytes long, and it takes less than one page (", page, " bytes)"),
               "join ranges that continue each other, or use fewer ranges");
    }
    return mappings;
}

std::optional<std::uint32_t> IdMappings::to_host(std::uint32_t container_id) const noexcept {
    for (const IdMapping& entry : entries_) {
        if (container_id >= entry.container_id && container_id - entry.container_id < entry.size) {
            return entry.host_id + (container_id - entry.container_id);
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> IdMappings::to_container(std::uint32_t host_id) const noexcept {
    for (const IdMapping& entry : entries_) {
        if (host_id >= entry.host_id && host_id - entry.host_id < entry.size) {
            return entry.container_id + (host_id - entry.host_id);
        }
    }
    return std::nullopt;
}

std::string IdMappings::to_proc_text() const {
    std::string text;
    for (const IdMapping& entry : entries_) {
        if (!text.empty()) text += '\n';
        text += concat(entry.container_id, " ", entry.host_id, " ", entry.size);
    }
    return text;
}

std::string IdMappings::container_ranges() const {
    std::string text;
    for (const IdMapping& entry : normalised(entries_)) {
        if (!text.empty()) text += ", ";
        text += range_text(entry.container_id, entry.size);
    }
    return text;
}

IdMappings IdMappings::with_host_id_alone(std::uint32_t host_id) const {
    std::vector<IdMapping> cut;
    for (const IdMapping& entry : entries_) {
        const std::uint32_t before = host_id - entry.host_id;
        if (host_id < entry.host_id || before >= entry.size) {
            cut.push_back(entry);
            continue;
        }
        const std::uint32_t after = entry.size - before - 1;
        if (before > 0) cut.push_back({.container_id = entry.container_id, .host_id = entry.host_id, .size = before});
        cut.push_back({.container_id = entry.container_id + before, .host_id = host_id, .size = 1});
        if (after > 0)
            cut.push_back({.container_id = entry.container_id + before + 1, .host_id = host_id + 1, .size = after});
    }
    return IdMappings(std::move(cut));
}

bool IdMappings::same_mapping_as(const IdMappings& other) const {
    return std::ranges::equal(normalised(entries_), normalised(other.entries_), same_entry);
}

std::optional<std::vector<IdMapping>> parse_proc_mappings(std::string_view text) {
    std::vector<IdMapping> entries;
    for (const std::string& line : split(trim(text), '\n')) {
        std::vector<std::string> words;
        for (const std::string& word : split(line, ' ')) {
            if (!word.empty()) words.push_back(word);
        }
        if (words.size() != 3) return std::nullopt;
        const auto container_id = parse_number<std::uint32_t>(words[0]);
        const auto host_id = parse_number<std::uint32_t>(words[1]);
        const auto size = parse_number<std::uint32_t>(words[2]);
        if (!container_id || !host_id || !size) return std::nullopt;
        entries.push_back({.container_id = *container_id, .host_id = *host_id, .size = *size});
    }
    return entries;
}

}  // namespace rt::plan
