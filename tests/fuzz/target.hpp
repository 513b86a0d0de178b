// What the fuzz targets share. Each of them is one file with LLVMFuzzerTestOneInput (libFuzzer): README.md.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"

namespace rt::fuzz {

/// Ends the fuzzer, which keeps the input, when a property does not hold.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", property);
    std::abort();
}

/// Small numbers for what is not the text itself: what the machine is like, which of several ways is taken. 0 from where they end.
class Choices {
public:
    explicit Choices(std::string_view bytes) noexcept : bytes_(bytes) {}

    std::uint8_t byte() noexcept {
        if (bytes_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return value;
    }
    bool flag() noexcept { return (byte() & 1U) != 0; }
    unsigned below(unsigned end) noexcept { return byte() % end; }
    std::string_view rest() const noexcept { return bytes_; }

private:
    std::string_view bytes_;
};

/// An input: a text, then, behind the first NUL byte, choices. A file of the world is so an input as it is.
struct Input {
    std::string_view text;
    Choices choices;

    Input(const std::uint8_t* data, std::size_t size) noexcept
        : Input(std::string_view(reinterpret_cast<const char*>(data), size)) {}
    explicit Input(std::string_view whole) noexcept
        : text(whole.substr(0, whole.find('\0'))),
          choices(whole.size() > text.size() ? whole.substr(text.size() + 1) : std::string_view()) {}
};

/// Does the work; false when it was refused. A refusal is an Error that says what was not done and to what; whatever else is
/// thrown ends the fuzzer.
template <class Work>
bool accepted(Work&& work, Failure* refusal = nullptr) {
    try {
        std::forward<Work>(work)();
        return true;
    } catch (const Error& error) {
        require(!error.failure().doing.empty(), "an error says what was not done");
        require(!error.failure().object.empty() || !error.failure().reason.empty(), "an error says about what, or why");
        require(!error.failure().message().empty(), "an error has a message");
        if (refusal != nullptr) *refusal = error.failure();
        return false;
    }
}

/// Warnings would be written for each input.
struct QuietLog {
    QuietLog() noexcept { log::configure({.level = log::Level::error}); }
};
inline const QuietLog quiet_log;

}  // namespace rt::fuzz

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
