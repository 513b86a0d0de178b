#include "rt/spec/cursor.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::spec {

namespace {

using nlohmann::json;

std::string describe(const json& value) {
    constexpr std::size_t longest_quote = 40;
    switch (value.type()) {
        case json::value_t::object: return "an object";
        case json::value_t::array: return "an array";
        case json::value_t::string: {
            const auto& text = value.get_ref<const std::string&>();
            const bool long_text = text.size() > longest_quote;
            return concat("the string \"", printable(text.substr(0, longest_quote)), long_text ? "...\"" : "\"");
        }
        default: return value.dump();
    }
}

/// For the slip that is made most: a number or a boolean in quotes.
std::string hint_for(const json& value, std::string_view expected) {
    if (!value.is_string() || expected.find("string") != std::string_view::npos) return {};
    const json inner = json::parse(value.get_ref<const std::string&>(), nullptr, false);
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
    refuse(concat("expected ", expected, ", found ", describe(*value_)), hint_for(*value_, expected));
}

bool Cursor::boolean() const {
    if (!value_->is_boolean()) refuse_type("true or false");
    return value_->get<bool>();
}

std::uint64_t Cursor::natural(std::uint64_t max) const {
    // The parser makes every number without sign, point and exponent an unsigned one, if 64 bits can hold it.
    if (value_->is_number_unsigned() && value_->get<std::uint64_t>() <= max) return value_->get<std::uint64_t>();
    refuse_type(concat("a whole number from 0 to ", max));
}

std::int64_t Cursor::integer(std::int64_t min, std::int64_t max) const {
    const bool too_large = value_->is_number_unsigned() &&
                           value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::max<std::int64_t>(max, 0));
    if (value_->is_number_integer() && !too_large) {
        const auto number = value_->get<std::int64_t>();
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
    if (!value_->is_string()) refuse_type("a string");
    return value_->get_ref<const std::string&>();
}

std::vector<std::string> Cursor::strings() const {
    if (!value_->is_array()) refuse_type("an array of strings");
    std::vector<std::string> texts;
    texts.reserve(value_->size());
    for (const Cursor& element : elements()) texts.push_back(element.string());
    return texts;
}

std::vector<Cursor> Cursor::elements() const {
    if (!value_->is_array()) refuse_type("an array");
    std::vector<Cursor> cursors;
    cursors.reserve(value_->size());
    for (const json& element : *value_) cursors.emplace_back(element, where_ / cursors.size());
    return cursors;
}

std::vector<std::pair<std::string_view, Cursor>> Cursor::members() const {
    if (!value_->is_object()) refuse_type("an object");
    std::vector<std::pair<std::string_view, Cursor>> cursors;
    cursors.reserve(value_->size());
    for (const auto& [key, value] : value_->get_ref<const json::object_t&>()) {
        cursors.emplace_back(key, Cursor(value, where_ / key));
    }
    return cursors;
}

bool Cursor::is_blank() const {
    // One level is enough ({"prestart": []}), and bounded for any nesting.
    return is_empty(*value_) || (value_->is_object() && std::all_of(value_->begin(), value_->end(), is_empty));
}

}  // namespace rt::spec
