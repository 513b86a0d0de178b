#include "rt/host/subordinate_ids.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <optional>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

namespace {

constexpr std::uint64_t end_of_ids = 4294967295U;  // (uid_t)-1 means "no id"

// Why the line grants nothing; of a good one nothing, and its range is set.
std::string read_range(std::string_view line, SubordinateRange& range) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() != 3) return "it is not of the form NAME:FIRST:COUNT";
    if (fields[0].empty()) return "it names no owner";
    const auto first = parse_number<std::uint64_t>(fields[1]);
    const auto count = parse_number<std::uint64_t>(fields[2]);
    if (!first) return concat("'", printable(fields[1]), "' is no id");
    if (!count) return concat("'", printable(fields[2]), "' is no number of ids");
    if (*count == 0) return "it grants 0 ids";
    if (*first >= end_of_ids || *count > end_of_ids - *first) {
        return concat("its ids reach past ", end_of_ids - 1, ", the highest id there is");
    }
    range.owner = fields[0];
    range.first = static_cast<std::uint32_t>(*first);
    range.count = static_cast<std::uint32_t>(*count);
    return {};
}

}  // namespace

std::vector<SubordinateRange> parse_subordinate_ranges(std::string_view text, std::vector<UselessLine>* useless) {
    std::vector<SubordinateRange> ranges;
    unsigned number = 0;
    for (const std::string& whole : split(text, '\n')) {
        ++number;
        const std::string_view line = trim(whole);
        if (line.empty() || line.front() == '#') continue;
        SubordinateRange range{.owner = {}, .first = 0, .count = 0, .line = number};
        std::string reason = read_range(line, range);
        if (reason.empty()) {
            ranges.push_back(std::move(range));
        } else if (useless != nullptr) {
            useless->push_back({.line = number, .reason = std::move(reason)});
        }
    }
    return ranges;
}

std::vector<SubordinateRange> read_subordinate_ranges(const std::string& path) {
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, path);
    if (!text && errno == ENOENT) return {};
    if (!text) throw_errno("read", path);
    std::vector<UselessLine> useless;
    std::vector<SubordinateRange> ranges = parse_subordinate_ranges(*text, &useless);
    for (const UselessLine& line : useless) {
        log::warning(concat("line ", line.line, " of ", path, " is passed over: ", line.reason));
    }
    return ranges;
}

std::vector<SubordinateRange> ranges_of(const std::vector<SubordinateRange>& ranges, std::string_view name,
                                        std::uint32_t uid) {
    std::vector<SubordinateRange> own;
    std::ranges::copy_if(ranges, std::back_inserter(own), [&](const SubordinateRange& range) {
        return range.owner == name || parse_number<std::uint32_t>(range.owner) == uid;
    });
    return own;
}

}  // namespace rt::host
