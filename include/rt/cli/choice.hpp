#pragma once

#include <string>
#include <string_view>

#include "rt/base/error.hpp"
#include "rt/base/named.hpp"
#include "rt/base/text.hpp"

namespace rt::cli {

/// What a word given for an option stands for, by a table of names. \throws Error: it is none of them
template <class Table>
auto choice(std::string_view option, const std::string& word, const Table& table) {
    if (const auto value = value_named(table, word)) return *value;
    fail("use the value of", concat("--", option), concat("there is no '", printable(word), "'"),
         concat("there are: ", names_in(table)));
}

}  // namespace rt::cli
