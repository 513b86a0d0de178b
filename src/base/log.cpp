#include "rt/base/log.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "rt/base/clock.hpp"
#include "rt/base/errno_text.hpp"
#include "rt/base/text.hpp"

namespace rt::log {

namespace {

Settings current;

struct Line {
    Level level;
    std::string message;
};
bool holding = false;
std::vector<Line> held;

// A full disk or a closed pipe must not end a container: what cannot be written is lost.
void write_text(int fd, const std::string& text) noexcept {
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t count = ::write(fd, rest.data(), rest.size());
        if (count <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string dump(const nlohmann::ordered_json& line) {
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// The manner of logrus, which engines and log collectors parse.
std::string text_line(std::string_view level, std::string_view message) {
    return concat("time=\"", rfc3339_now(), "\" level=", level, " msg=", dump(std::string(message)), "\n");
}

nlohmann::ordered_json json_line(std::string_view level, std::string_view message) {
    return {{"level", level}, {"msg", message}, {"time", rfc3339_now()}};
}

std::string line(std::string_view level, std::string_view message) {
    if (current.format == Format::json) return dump(json_line(level, message)) + "\n";
    if (current.file_fd >= 0) return text_line(level, message);
    return concat("rt: ", level, ": ", printable(message), "\n");
}

// As in a Failure: what comes from config.json may be of any length.
constexpr std::size_t longest_message = 16384;

int destination() noexcept { return current.file_fd >= 0 ? current.file_fd : STDERR_FILENO; }

void write(Level level, const std::string& message) {
    write_text(destination(), line(level == Level::debug ? "debug" : "warning", message));
}

void write_or_hold(Level level, std::string_view message) {
    if (current.level < level) return;
    std::string text = clipped(message, longest_message);
    holding ? held.push_back({.level = level, .message = std::move(text)}) : write(level, text);
}

std::string plain_error(const Failure& failure) {
    std::string text = concat("rt: ", printable(failure.message()), "\n");
    if (!failure.hint.empty()) {
        // A hint may hold lines to copy into config.json: each stands on a line of its own.
        for (const std::string& part : split(failure.hint, '\n')) {
            const bool first = text.find("\n  hint: ") == std::string::npos;
            text += concat(first ? "  hint: " : "        ", printable(part), "\n");
        }
    }
    return text;
}

std::string json_error(const Failure& failure) {
    nlohmann::ordered_json object = json_line("error", failure.message());
    object["doing"] = failure.doing;
    object["object"] = failure.object;
    object["reason"] = failure.reason;
    if (failure.code != 0) {
        object["errno"] = failure.code;
        object["code"] = errno_name(failure.code);
    }
    object["during"] = failure.during;
    if (!failure.hint.empty()) object["hint"] = failure.hint;
    return dump(object) + "\n";
}

}  // namespace

void configure(const Settings& settings) noexcept { current = settings; }

bool debug_enabled() noexcept { return current.level >= Level::debug; }

void debug(std::string_view message) { write_or_hold(Level::debug, message); }

void warning(std::string_view message) { write_or_hold(Level::warning, message); }

void hold() noexcept { holding = true; }

void release() {
    holding = false;
    for (const Line& one : std::exchange(held, {})) write(one.level, one.message);
}

std::vector<std::string> take_held_warnings() {
    holding = false;
    std::vector<std::string> warnings;
    for (Line& one : std::exchange(held, {})) {
        if (one.level == Level::warning) warnings.push_back(std::move(one.message));
    }
    return warnings;
}

void error(const Failure& failure) {
    release();
    const std::string json = current.format == Format::json ? json_error(failure) : "";
    if (current.file_fd >= 0) write_text(current.file_fd, json.empty() ? text_line("error", failure.message()) : json);
    const bool only_stderr_as_json = current.file_fd < 0 && !json.empty();
    write_text(STDERR_FILENO, only_stderr_as_json ? json : plain_error(failure));
}

}  // namespace rt::log
