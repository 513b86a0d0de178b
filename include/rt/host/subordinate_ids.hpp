#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::host {

/// A line of /etc/subuid or /etc/subgid (subuid(5)): ids that a user may give to user namespaces of their own.
struct SubordinateRange {
    std::string owner;  ///< a user's name or number, as the file has it
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    unsigned line = 0;  ///< of the file, from 1

    std::uint64_t end() const noexcept { return std::uint64_t{first} + count; }
    bool contains(std::uint32_t id) const noexcept { return id >= first && id < end(); }

    bool operator==(const SubordinateRange&) const = default;
};

/// A line that grants nothing.
struct UselessLine {
    unsigned line = 0;
    std::string reason;
};

/// The ranges in listed order. Blank lines and those that begin with '#' are passed over; `useless` gets what is neither.
std::vector<SubordinateRange> parse_subordinate_ranges(std::string_view text,
                                                       std::vector<UselessLine>* useless = nullptr);

/// The ranges of the file; of one that does not exist, none. Useless lines are warned of. \throws Error naming the path
std::vector<SubordinateRange> read_subordinate_ranges(const std::string& path);

/// Those of one user, in listed order: the file may name the owner or give the number.
std::vector<SubordinateRange> ranges_of(const std::vector<SubordinateRange>& ranges, std::string_view name,
                                        std::uint32_t uid);

}  // namespace rt::host
