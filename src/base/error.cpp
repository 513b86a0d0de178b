#include "rt/base/error.hpp"

#include <cerrno>

#include "rt/base/errno_text.hpp"
#include "rt/base/text.hpp"

namespace rt {

std::string Failure::message() const {
    std::string text;
    for (const std::string& step : during) text += step + ": ";
    text += "cannot " + doing;
    const std::string why = reason.empty() ? "" : ": " + reason;
    const std::string words = code == 0 ? "" : ": " + errno_text(code) + " (" + errno_name(code) + ")";
    // Engines and scripts look for "exec /run.sh: no such file or directory": of a program the reason stands last.
    if (kind == FailureKind::program_not_found || kind == FailureKind::program_not_executable)
        return text + " " + object + words + why;
    if (!object.empty()) text += " '" + object + "'";
    return text + why + words;
}

namespace {

// A value of config.json may be as long as the file; nobody reads that in a message, and init could not send it.
Failure shortened(Failure failure) {
    constexpr std::size_t longest = 16384;
    for (std::string* part : {&failure.doing, &failure.object, &failure.reason, &failure.hint}) {
        if (part->size() > longest) *part = clipped(*part, longest);
    }
    return failure;
}

}  // namespace

Error::Error(Failure failure) : failure_(shortened(std::move(failure))), text_(failure_.message()) {}

void Error::add_step(std::string_view step) {
    failure_.during.emplace(failure_.during.begin(), step);
    text_ = failure_.message();
}

void Error::add_hint(std::string_view hint) {
    if (failure_.hint.empty()) failure_.hint = hint;
}

void fail(std::string doing, std::string object, std::string reason, std::string hint) {
    throw Error(
        {.doing = std::move(doing), .object = std::move(object), .reason = std::move(reason), .hint = std::move(hint)});
}

void throw_errno(std::string doing, std::string object, int code, std::string reason, std::string hint) {
    throw Error({.doing = std::move(doing),
                 .object = std::move(object),
                 .code = code,
                 .reason = std::move(reason),
                 .hint = std::move(hint)});
}

void throw_errno(std::string doing, std::string object) {
    const int code = errno;
    throw_errno(std::move(doing), std::move(object), code);
}

}  // namespace rt
