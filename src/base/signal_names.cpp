#include "rt/base/signal_names.hpp"

#include <algorithm>
#include <cctype>

#include "rt/base/text.hpp"

namespace rt {

namespace {

constexpr int last_signal = 64;  // _NSIG of the kernel

std::optional<int> in_range(std::optional<int> number) {
    return number && *number >= 0 && *number <= last_signal ? number : std::nullopt;
}

// "RTMIN", "RTMIN+3", "RTMAX-2": counted as the C library does, which keeps the first ones for itself.
std::optional<int> real_time_signal(std::string_view name) {
    const bool from_start = name.starts_with("RTMIN");
    if (!from_start && !name.starts_with("RTMAX")) return std::nullopt;
    const std::string_view rest = name.substr(5);
    const int base = from_start ? SIGRTMIN : SIGRTMAX;
    if (rest.empty()) return base;
    const auto offset = parse_number<int>(rest.substr(1));
    if (!offset || *offset < 0 || *offset > last_signal || rest[0] != (from_start ? '+' : '-')) return std::nullopt;
    const int number = from_start ? base + *offset : base - *offset;
    return number >= SIGRTMIN && number <= SIGRTMAX ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<int> signal_number(std::string_view text) {
    if (!text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) != 0)
        return in_range(parse_number<int>(text));
    std::string name(text);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (name.starts_with("SIG")) name.erase(0, 3);
    const auto found = std::ranges::find(signal_names, name, &SignalName::name);
    return found != signal_names.end() ? std::optional(found->number) : real_time_signal(name);
}

std::string signal_text(int number) {
    const auto found = std::ranges::find(signal_names, number, &SignalName::number);
    return found != signal_names.end() ? concat("signal ", number, " (", found->name, ")") : concat("signal ", number);
}

}  // namespace rt
