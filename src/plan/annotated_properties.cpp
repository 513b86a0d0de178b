#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/named.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/scope.hpp"

namespace rt::plan {

namespace {

constexpr std::string_view forms = "expected true, false, 'text', a number, uint64 5, or ['a', 'b'] (GVariant text)";

[[noreturn]] void refuse(const JsonPointer& place, const std::string& value, std::string_view reason) {
    fail(concat("use '", printable(value), "' at"), place.text(), std::string(reason));
}

template <class Number>
std::optional<PropertyValue> number_as(std::string_view text) {
    const std::optional<Number> number = parse_number<Number>(text);
    if (!number) return std::nullopt;
    return PropertyValue(*number);
}

std::optional<double> real_of(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<PropertyValue> real_as_value(std::string_view text) {
    const std::optional<double> real = real_of(text);
    if (!real) return std::nullopt;
    return PropertyValue(*real);
}

using ReadNumber = std::optional<PropertyValue> (*)(std::string_view);

// The words of GVariant text that say of which type a number is.
constexpr std::array number_types{
    Named<ReadNumber>{"byte", number_as<std::uint8_t>},    Named<ReadNumber>{"int16", number_as<std::int16_t>},
    Named<ReadNumber>{"uint16", number_as<std::uint16_t>}, Named<ReadNumber>{"int32", number_as<std::int32_t>},
    Named<ReadNumber>{"uint32", number_as<std::uint32_t>}, Named<ReadNumber>{"int64", number_as<std::int64_t>},
    Named<ReadNumber>{"uint64", number_as<std::uint64_t>}, Named<ReadNumber>{"double", real_as_value},
};

// A text in single or double quotes, from the front; a backslash takes the next character as it is.
std::optional<std::string> take_text(std::string_view& rest) {
    if (rest.size() < 2 || (rest[0] != '\'' && rest[0] != '"')) return std::nullopt;
    const char quote = rest[0];
    std::string text;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == quote) {
            rest.remove_prefix(i + 1);
            return text;
        }
        if (rest[i] == '\\') ++i;
        if (i == rest.size()) break;
        text += rest[i];
    }
    return std::nullopt;
}

std::optional<PropertyValue> list_of(std::string_view text) {
    std::vector<std::string> texts;
    std::string_view rest = trim(text.substr(1, text.size() - 2));
    while (!rest.empty()) {
        std::optional<std::string> entry = take_text(rest);
        if (!entry) return std::nullopt;
        texts.push_back(*std::move(entry));
        rest = trim(rest);
        if (rest.empty()) break;
        if (rest[0] != ',') return std::nullopt;
        rest = trim(rest.substr(1));
        if (rest.empty()) return std::nullopt;
    }
    return PropertyValue(std::move(texts));
}

std::optional<PropertyValue> value_of(std::string_view text) {
    if (text == "true" || text == "false") return PropertyValue(text == "true");
    if (text.size() > 1 && text.front() == '[' && text.back() == ']') return list_of(text);
    std::string_view rest = text;
    if (std::optional<std::string> quoted = take_text(rest)) {
        if (!rest.empty()) return std::nullopt;
        return PropertyValue(*std::move(quoted));
    }
    if (const std::size_t blank = text.find(' '); blank != std::string_view::npos) {
        const std::optional<ReadNumber> read = value_named(number_types, text.substr(0, blank));
        return read ? (*read)(trim(text.substr(blank))) : std::nullopt;
    }
    const std::optional<PropertyValue> whole = number_as<std::int32_t>(text);
    return whole ? whole : real_as_value(text);
}

std::uint64_t microseconds_of(const JsonPointer& place, const std::string& text) {
    constexpr double second = 1e6;
    constexpr double most = 1e12;  // 30,000 years
    std::string_view number = trim(text);
    if (const std::size_t blank = number.find(' '); blank != std::string_view::npos)
        number = trim(number.substr(blank));
    const std::optional<double> seconds = real_of(number);
    if (!seconds || *seconds < 0 || *seconds > most) refuse(place, text, "expected a number of seconds");
    return static_cast<std::uint64_t>(*seconds * second);
}

void check_name(const JsonPointer& place, const std::string& name) {
    const auto is_letter_or_digit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const bool good =
        !name.empty() && name[0] >= 'A' && name[0] <= 'Z' && std::ranges::all_of(name, is_letter_or_digit);
    if (!good) refuse(place, name, "this is not the name of a unit's property (org.freedesktop.systemd1(5))");
    constexpr std::array<std::string_view, 3> decided{"PIDs", "Slice", "Delegate"};
    if (std::ranges::find(decided, name) != decided.end()) refuse(place, name, "rt itself sets this property");
}

}  // namespace

std::vector<UnitProperty> annotated_properties(const std::map<std::string, std::string>& annotations) {
    constexpr std::string_view seconds = "Sec";
    std::vector<UnitProperty> properties;
    for (const auto& [key, text] : annotations) {
        if (!key.starts_with(property_annotation)) continue;
        const JsonPointer place = JsonPointer("/annotations") / key;
        std::string name = key.substr(property_annotation.size());
        check_name(place, name);
        if (name.ends_with(seconds) && !name.ends_with("USec")) {
            name = concat(name.substr(0, name.size() - seconds.size()), "USec");
            properties.push_back({std::move(name), microseconds_of(place, text)});
            continue;
        }
        std::optional<PropertyValue> value = value_of(trim(text));
        if (!value) refuse(place, text, forms);
        properties.push_back({std::move(name), *std::move(value)});
    }
    return properties;
}

}  // namespace rt::plan
