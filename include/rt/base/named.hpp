#pragma once

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>

namespace rt {

/// One row of a table between the words of config.json and the kernel's numbers.
template <class Value>
struct Named {
    std::string_view name;
    Value value;
};

/// The value that the table has for the name; empty when it has none.
template <std::ranges::forward_range Table>
auto value_named(const Table& table, std::string_view name)
    -> std::optional<decltype(std::ranges::begin(table)->value)> {
    const auto found = std::ranges::find(table, name, [](const auto& row) { return row.name; });
    if (found == std::ranges::end(table)) return std::nullopt;
    return found->value;
}

/// The names of the table as a message lists them: "A, B, C".
template <std::ranges::forward_range Table>
std::string names_in(const Table& table) {
    std::string names;
    for (const auto& row : table) {
        if (!names.empty()) names += ", ";
        names += row.name;
    }
    return names;
}

}  // namespace rt
