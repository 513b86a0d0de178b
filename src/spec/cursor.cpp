#include "rt/spec/cursor.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::spec {

namespace {

using nlohmann::json;

const json& json_of(const void* value) { return *static_cast<const json*>(value); }

std::string describe(const json& value) {
    constexpr std::size_t longest_quote = 40;
    switch (value.type()) {
        case json::value_t::object: return "an object";
        case json::value_t::array: return "an array";
        case json::value_t::string:
            return concat("the string \"", printable(clipped(value.get_ref<const std::string&>(), longest_quote)),
                          "\"");
        default: return value.dump();
    }
}

/// For the slips that are made most: a number or a boolean in quotes, and null for "nothing", which is a value of its own.
std::string hint_for(const json& value, std::string_view expected) {
    if (value.is_null()) return "leave it out instead";
    if (!value.is_string() || expected.find("string") != std::string_view::npos) return {};
    const std::string& text = value.get_ref<const std::string&>();
    // chmod(1) and ls(1) show modes so, and JSON has no such numbers.
    if (text.size() > 1 && text.size() < 8 && text[0] == '0' && text.find_first_not_of("01234567") == std::string::npos)
        return concat("write it as a decimal number, without the quotes: ", std::stoul(text, nullptr, 8));
    const json inner = json::parse(text, nullptr, false);
    const bool fits = inner.is_boolean() ? expected == "true or false" : inner.is_number_integer();
    return fits ? "write it without the quotes" : "";
}

bool is_empty(const json& value) {
    if (value.is_string()) return value.get_ref<const std::string&>().empty();
    return value.is_structured() && value.empty();
}

}  // namespace

void Cursor::refuse(std::string reason, std::string hint) const {
    fail("use", where_.text(), std::move(reason), std::move(hint));
}

void Cursor::refuse_type(std::string_view expected) const {
    const json& value = json_of(value_);
    refuse(concat("expected ", expected, ", found ", describe(value)), hint_for(value, expected));
}

bool Cursor::boolean() const {
    const json& value = json_of(value_);
    if (!value.is_boolean()) refuse_type("true or false");
    return value.get<bool>();
}

std::uint64_t Cursor::natural(std::uint64_t max) const {
    const json& value = json_of(value_);
    // The parser makes every number without sign, point and exponent an unsigned one, if 64 bits can hold it.
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= max) return value.get<std::uint64_t>();
    if (value.is_number_integer() && value.get<std::int64_t>() == 0) return 0;  // "-0"
    refuse_type(concat("a whole number from 0 to ", max));
}

std::int64_t Cursor::integer(std::int64_t min, std::int64_t max) const {
    const json& value = json_of(value_);
    const bool above_int64 = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
    if (value.is_number_integer() && !above_int64) {
        const auto number = value.get<std::int64_t>();
        if (number >= min && number <= max) return number;
    }
    refuse_type(concat("a whole number from ", min, " to ", max));
}

std::string Cursor::string() const {
    std::string text = free_text();
    if (text.find('\0') != std::string::npos) refuse("it holds a NUL byte, at which system calls would cut it off");
    return text;
}

std::string Cursor::free_text() const {
    const json& value = json_of(value_);
    if (!value.is_string()) refuse_type("a string");
    return value.get_ref<const std::string&>();
}

std::vector<std::string> Cursor::strings() const {
    if (!json_of(value_).is_array()) refuse_type("an array of strings");
    std::vector<std::string> texts;
    texts.reserve(json_of(value_).size());
    for (const Cursor& element : elements()) texts.push_back(element.string());
    return texts;
}

std::vector<Cursor> Cursor::elements() const {
    const json& value = json_of(value_);
    if (!value.is_array()) refuse_type("an array");
    std::vector<Cursor> cursors;
    cursors.reserve(value.size());
    for (const json& element : value) cursors.push_back(Cursor(&element, where_ / cursors.size()));
    return cursors;
}

std::vector<std::pair<std::string_view, Cursor>> Cursor::members() const {
    const json& value = json_of(value_);
    if (!value.is_object()) refuse_type("an object");
    std::vector<std::pair<std::string_view, Cursor>> cursors;
    cursors.reserve(value.size());
    for (const auto& [key, member] : value.get_ref<const json::object_t&>()) {
        cursors.emplace_back(key, Cursor(&member, where_ / key));
    }
    return cursors;
}

bool Cursor::is_blank() const {
    const json& value = json_of(value_);
    // One level is enough ({"prestart": []}), and bounded for any nesting.
    return is_empty(value) || (value.is_object() && std::all_of(value.begin(), value.end(), is_empty));
}

}  // namespace rt::spec
