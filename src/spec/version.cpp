#include "rt/spec/version.hpp"

#include <algorithm>
#include <string>

#include "rt/base/text.hpp"

namespace rt::spec {

namespace {

bool is_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool has_leading_zero(std::string_view text) { return text.size() > 1 && text.front() == '0'; }

bool is_number(std::string_view text) { return is_digits(text) && !has_leading_zero(text); }

bool is_identifier(std::string_view text) {
    constexpr std::string_view allowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_prerelease_identifier(std::string_view text) {
    return is_identifier(text) && !(is_digits(text) && has_leading_zero(text));
}

/// Cuts what follows the mark off the text; empty when the mark is not there.
std::string_view cut_off(std::string_view& text, char mark) {
    const std::size_t place = text.find(mark);
    if (place == std::string_view::npos) return {};
    const std::string_view rest = text.substr(place);
    text = text.substr(0, place);
    return rest;
}

/// Whether the text is absent, or the mark followed by identifiers with dots between them.
template <class Rule>
bool is_suffix(std::string_view text, Rule rule) {
    if (text.empty()) return true;
    const std::vector<std::string> parts = split(text.substr(1), '.');
    return !parts.empty() && std::all_of(parts.begin(), parts.end(), rule);
}

}  // namespace

bool is_supported_version(std::string_view text) {
    const std::string_view build = cut_off(text, '+');
    const std::string_view prerelease = cut_off(text, '-');
    const std::vector<std::string> numbers = split(text, '.');
    return numbers.size() == 3 && numbers[0] == "1" && std::all_of(numbers.begin(), numbers.end(), is_number) &&
           is_suffix(prerelease, is_prerelease_identifier) && is_suffix(build, is_identifier);
}

}  // namespace rt::spec
