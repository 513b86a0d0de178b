#include "rt/base/text.hpp"

#include <algorithm>

namespace rt {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    if (text.empty()) return parts;
    for (std::size_t start = 0;;) {
        const std::size_t end = text.find(separator, start);
        parts.emplace_back(text.substr(start, end - start));
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const std::string& part : parts) {
        if (&part != &parts.front()) text += separator;
        text += part;
    }
    return text;
}

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

// How many bytes of a terminal's input the character at the beginning has (utf-8(7)); 0: it is none that may be shown. The
// characters U+0080 to U+009F begin commands of a terminal as those below U+0020 do.
std::size_t length_of_shown(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    if (!std::ranges::all_of(text.substr(1, length - 1), continues)) return 0;
    return first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0 ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    while (!text.empty()) {
        const std::size_t shown = length_of_shown(text);
        if (shown == 0) {
            const auto byte = static_cast<unsigned char>(text.front());
            result += "\\x";
            result += digits[byte >> 4];
            result += digits[byte & 0xf];
        }
        result += text.substr(0, shown);
        text.remove_prefix(std::max<std::size_t>(shown, 1));
    }
    return result;
}

std::string clipped(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string(text);
    while (most > 0 && continues(text[most])) --most;
    return concat(text.substr(0, most), "...");
}

std::string octal_mode(unsigned mode) {
    std::string text;
    for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + (mode >> shift & 7U));
    return text;
}

std::string_view trim(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(blanks) - start + 1);
}

}  // namespace rt
