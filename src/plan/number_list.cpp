#include "rt/plan/number_list.hpp"

#include <limits>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr unsigned bits = std::numeric_limits<unsigned long>::digits;

[[noreturn]] void refuse(std::string_view text, const JsonPointer& where, const std::string& reason) {
    fail("use the list at", where.text(), concat("'", printable(text), "': ", reason),
         "numbers and ranges with commas between them, as in \"0-3,7\"");
}

unsigned read_number(std::string_view word, unsigned most, std::string_view text, const JsonPointer& where) {
    const std::optional<unsigned> number = parse_number<unsigned>(word);
    if (!number) refuse(text, where, concat("'", printable(word), "' is not a number"));
    if (*number > most) refuse(text, where, concat(*number, " is above ", most, ", the highest that Linux has"));
    return *number;
}

}  // namespace

bool NumberSet::contains(unsigned number) const noexcept {
    return number / bits < words.size() && (words[number / bits] >> number % bits & 1U) != 0;
}

void NumberSet::insert(unsigned number) {
    if (number / bits >= words.size()) words.resize(number / bits + 1);
    words[number / bits] |= 1UL << number % bits;
}

NumberSet NumberSet::without(const NumberSet& other) const {
    NumberSet left = *this;
    for (std::size_t i = 0; i < left.words.size() && i < other.words.size(); ++i) left.words[i] &= ~other.words[i];
    while (!left.words.empty() && left.words.back() == 0) left.words.pop_back();
    return left;
}

std::string NumberSet::text() const {
    std::string list;
    const auto end = static_cast<unsigned>(words.size() * bits);
    for (unsigned first = 0; first < end; ++first) {
        if (!contains(first)) continue;
        unsigned last = first;
        while (contains(last + 1)) ++last;
        if (!list.empty()) list += ',';
        list += last == first ? concat(first) : concat(first, "-", last);
        first = last;
    }
    return list;
}

NumberSet read_number_list(std::string_view text, unsigned most, const JsonPointer& where) {
    NumberSet numbers;
    for (const std::string& part : split(text, ',')) {
        const std::size_t dash = part.find('-');
        const unsigned first = read_number(std::string_view(part).substr(0, dash), most, text, where);
        const unsigned last =
            dash == std::string::npos ? first : read_number(std::string_view(part).substr(dash + 1), most, text, where);
        if (last < first) refuse(text, where, concat("the range ", printable(part), " runs backwards"));
        for (unsigned number = first; number <= last; ++number) numbers.insert(number);
    }
    return numbers;
}

}  // namespace rt::plan
