#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

namespace detail {
inline void append(std::string& text, std::string_view piece) { text += piece; }
inline void append(std::string& text, char piece) { text += piece; }
template <std::integral Number>
    requires(!std::same_as<Number, char> && !std::same_as<Number, bool>)
void append(std::string& text, Number piece) {
    text += std::to_string(piece);
}
}  // namespace detail

/// Joins strings, characters and whole numbers to one string: `concat("pid ", 42)`.
template <class... Pieces>
std::string concat(const Pieces&... pieces) {
    std::string text;
    (detail::append(text, pieces), ...);
    return text;
}

/// The whole of `text` as a decimal number of the type; empty when it is anything else: a sign that does
/// not fit, blanks, a value out of range, trailing characters.
template <std::integral Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return number;
}

/// The parts of `text` between the separators; an empty text has no parts, empty parts are kept otherwise.
std::vector<std::string> split(std::string_view text, char separator);

/// The parts with `separator` between them.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// `text` with its control characters and quotes written as \xNN, so that it can stand in one line of a message.
std::string printable(std::string_view text);

/// `text` as long as it has at most `most` bytes; else its beginning with "..." for the rest, cut between characters of UTF-8.
std::string clipped(std::string_view text, std::size_t most);

/// The permission bits of a file mode in four octal digits: "0755", "1777".
std::string octal_mode(unsigned mode);

/// Removes white space at both ends.
std::string_view trim(std::string_view text) noexcept;

}  // namespace rt
