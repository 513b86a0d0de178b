#include "rt/plan/chosen_mappings.hpp"

#include <algorithm>
#include <optional>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

using host::SubordinateRange;

constexpr std::uint64_t end_of_ids = 4294967295U;

// Ids of the host in order, to be mapped one after the other.
class Pool {
public:
    // `own`, if any, is mapped by itself.
    Pool(std::vector<SubordinateRange> ranges, std::optional<std::uint32_t> own) {
        std::ranges::sort(ranges, {}, &SubordinateRange::first);
        std::uint64_t next = 0;
        for (const SubordinateRange& range : ranges) {
            const std::uint64_t first = std::max<std::uint64_t>(range.first, next);
            next = std::max(next, range.end());
            if (own && *own >= first && *own < range.end()) {
                add(first, *own);
                add(std::uint64_t{*own} + 1, range.end());
            } else {
                add(first, range.end());
            }
        }
    }

    // Maps the next ids to those of the container from `first` to before `end`, as far as they go.
    void map(std::uint64_t first, std::uint64_t end, Mapping& mapping) {
        while (first < end && !pieces_.empty()) {
            Piece& piece = pieces_.front();
            const std::uint64_t size = std::min(piece.end - piece.first, end - first);
            mapping.push_back({.container_id = static_cast<std::uint32_t>(first),
                               .host_id = static_cast<std::uint32_t>(piece.first),
                               .size = static_cast<std::uint32_t>(size)});
            first += size;
            piece.first += size;
            if (piece.first == piece.end) pieces_.erase(pieces_.begin());
        }
    }

private:
    struct Piece {
        std::uint64_t first;
        std::uint64_t end;
    };

    // Ranges that continue each other are one.
    void add(std::uint64_t first, std::uint64_t end) {
        if (first >= end) return;
        if (!pieces_.empty() && pieces_.back().end == first) {
            pieces_.back().end = end;
        } else {
            pieces_.push_back({first, end});
        }
    }

    std::vector<Piece> pieces_;
};

}  // namespace

Mapping consecutive_mapping(std::vector<SubordinateRange> ranges) {
    Mapping mapping;
    Pool(std::move(ranges), std::nullopt).map(0, end_of_ids, mapping);
    return mapping;
}

Mapping rootless_mapping(std::uint32_t own, std::vector<SubordinateRange> ranges) {
    Mapping mapping{{.container_id = 0, .host_id = own, .size = 1}};
    Pool(std::move(ranges), own).map(1, end_of_ids, mapping);
    return mapping;
}

Mapping keep_id_mapping(std::uint32_t own, std::vector<SubordinateRange> ranges) {
    Mapping mapping;
    Pool pool(std::move(ranges), own);
    pool.map(0, own, mapping);
    mapping.push_back({.container_id = own, .host_id = own, .size = 1});
    pool.map(std::uint64_t{own} + 1, end_of_ids, mapping);
    return mapping;
}

spec::IdMapping read_mapping(std::string_view words, const char* option) {
    const std::vector<std::string> parts = split(words, ':');
    std::vector<std::uint32_t> numbers;
    for (const std::string& part : parts) {
        if (const auto number = parse_number<std::uint32_t>(part)) numbers.push_back(*number);
    }
    if (parts.size() != 3 || numbers.size() != 3) {
        fail("use the value of", option, concat("'", printable(words), "' is not of the form CONTAINER:HOST:SIZE"),
             "give three numbers: the first id in the container, the first on the host, and how many: 0:100000:65536");
    }
    return {.container_id = numbers[0], .host_id = numbers[1], .size = numbers[2]};
}

bool maps(const Mapping& mapping, std::uint32_t container_id) noexcept {
    return std::ranges::any_of(mapping, [&](const spec::IdMapping& entry) {
        return container_id >= entry.container_id && container_id - entry.container_id < entry.size;
    });
}

}  // namespace rt::plan
