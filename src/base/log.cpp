#include "rt/base/log.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "rt/base/clock.hpp"
#include "rt/base/errno_text.hpp"
#include "rt/base/text.hpp"

namespace rt::log {

namespace {

Settings current;
bool holding = false;
std::string held;

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

void write_or_hold(const std::string& text) {
    if (holding) {
        held += text;
    } else {
        write_text(destination(), text);
    }
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

void debug(std::string_view message) {
    if (debug_enabled()) write_or_hold(line("debug", clipped(message, longest_message)));
}

void warning(std::string_view message) {
    if (current.level >= Level::warning) write_or_hold(line("warning", clipped(message, longest_message)));
}

void hold() noexcept { holding = true; }

void release() noexcept {
    holding = false;
    write_text(destination(), held);
    held.clear();
}

void error(const Failure& failure) {
    release();
    const std::string json = current.format == Format::json ? json_error(failure) : "";
    if (current.file_fd >= 0) write_text(current.file_fd, json.empty() ? text_line("error", failure.message()) : json);
    const bool only_stderr_as_json = current.file_fd < 0 && !json.empty();
    write_text(STDERR_FILENO, only_stderr_as_json ? json : plain_error(failure));
}

}  // namespace rt::log
