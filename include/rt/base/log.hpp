#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rt/base/error.hpp"

namespace rt::log {

enum class Format : std::uint8_t { text, json };

/// What is written: lines of this level and of those before it.
enum class Level : std::uint8_t { error, warning, debug };

/// Where and how the log is written. Without a file everything goes to standard error.
struct Settings {
    int file_fd = -1;  ///< open for appending; -1 for none; the log does not close it
    Format format = Format::text;
    Level level = Level::warning;
};

/// Takes over the settings; until then: text to standard error, no debug lines.
void configure(const Settings& settings) noexcept;
bool debug_enabled() noexcept;

/// For the developer and the bug report; written to the log only.
void debug(std::string_view message);
/// Something the user should know, though the work goes on.
void warning(std::string_view message);
/// From now on debug lines and warnings wait for release(): rt may start itself anew, and would tell them twice.
void hold() noexcept;
/// Writes what has waited.
void release();
/// Takes the warnings that have waited instead: nothing of them is written.
std::vector<std::string> take_held_warnings();
/// The failure that ended a command: only main calls this, once. With a log file, the file gets the line and
/// standard error a last plain one, because some engines read the one and some the other.
void error(const Failure& failure);

}  // namespace rt::log
