#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rt/base/json_pointer.hpp"

namespace rt::plan {

/// A set of CPUs or memory nodes as system calls take it: bit n of the words stands for number n.
struct NumberSet {
    std::vector<unsigned long> words;

    bool empty() const noexcept { return words.empty(); }
    bool contains(unsigned number) const noexcept;
    void insert(unsigned number);
    /// Numbers of this set that the other one does not have.
    NumberSet without(const NumberSet& other) const;
    /// As a list: "0-3,7".
    std::string text() const;

    bool operator==(const NumberSet&) const = default;
};

/// Reads a comma-separated list of numbers and ranges ("0-3,7"), strictly: no blanks, no empty parts, no range backwards.
/// An empty text is the empty set. \throws Error with the pointer, also for a number above `most`
NumberSet read_number_list(std::string_view text, unsigned most, const JsonPointer& where);

}  // namespace rt::plan
