#include "rt/rdt/schemata.hpp"

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>

#include "rt/base/text.hpp"

namespace rt::rdt {

namespace {

constexpr std::string_view bandwidth = "MB";

/// Values by "RESOURCE:DOMAIN".
using Values = std::map<std::string, std::string>;

void insert_line(std::string_view line, Values& values) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    for (const std::string& domain : split(line.substr(colon + 1), ';')) {
        const std::size_t equals = domain.find('=');
        if (equals == std::string::npos) continue;
        const std::string key = concat(trim(line.substr(0, colon)), ":", trim(domain.substr(0, equals)));
        values[key] = trim(domain.substr(equals + 1));
    }
}

// Bit masks are hexadecimal with leading zeros or without, bandwidths are decimal (resctrl.rst).
std::optional<std::uint64_t> number_of(std::string_view key, std::string_view text, unsigned bandwidth_step) {
    const bool decimal = key.substr(0, key.find(':')) == bandwidth;
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, decimal ? 10 : 16);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    if (decimal && bandwidth_step > 1) number = (number + bandwidth_step - 1) / bandwidth_step * bandwidth_step;
    return number;
}

bool same_value(const std::string& key, const std::string& left, const std::string& right, unsigned bandwidth_step) {
    const auto number = number_of(key, left, bandwidth_step);
    return number ? number == number_of(key, right, bandwidth_step) : left == right;
}

}  // namespace

std::string difference(const std::vector<std::string>& wanted, std::string_view content, unsigned bandwidth_step) {
    Values asked_for;
    for (const std::string& line : wanted) insert_line(line, asked_for);
    Values present;
    for (const std::string& line : split(content, '\n')) insert_line(line, present);
    for (const auto& [key, value] : asked_for) {
        const auto found = present.find(key);
        if (found == present.end()) return concat("it has no ", key);
        if (!same_value(key, value, found->second, bandwidth_step)) {
            return concat(key, " is ", found->second, ", and ", value, " is asked for");
        }
    }
    return {};
}

}  // namespace rt::rdt
