#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rt/base/trace.hpp"

namespace rt {

/// What kind of failure it is, where more depends on it than the text: the exit status (run and exec: 125, 127, 126), or
/// whether the life of the container ends (a hook that failed, a signal to rt while hooks run).
enum class FailureKind : std::uint8_t { runtime, program_not_found, program_not_executable, hook, interrupted };

/// What went wrong, as data: it travels unchanged from init over the socket to the user.
/// Shown as `during: during: cannot DOING 'OBJECT': reason: errno text (ENAME)`, and of a program that is not found or may not be
/// executed as `cannot exec /run.sh: errno text (ENAME): reason`.
struct Failure {
    std::string doing;   ///< verb phrase after "cannot": "open", "mount proc on"
    std::string object;  ///< what it was done to: a path, an id, a JSON pointer; empty when `doing` says it
    int code = 0;        ///< errno of the system call; 0 when none failed
    std::string reason;  ///< why, when errno alone does not say it; may be empty
    std::string hint;    ///< what the user can do about it; may be empty
    std::vector<std::string> during;  ///< the steps of the work around it, outermost first
    FailureKind kind = FailureKind::runtime;

    /// The failure in one line, without the hint.
    std::string message() const;
};

/// The exception that carries a Failure up to main.
class Error : public std::exception {
public:
    explicit Error(Failure failure);

    const Failure& failure() const noexcept { return failure_; }
    /// Adds the step of the work in which the failure happened; called from the inside outwards.
    void add_step(std::string_view step);
    /// Adds what the user can do, unless something deeper already did.
    void add_hint(std::string_view hint);
    const char* what() const noexcept override { return text_.c_str(); }

private:
    Failure failure_;
    std::string text_;
};

// cold: the compiler lays what leads to them apart, and the rest of the program closer together.

/// Throws an Error for a rule that was broken, without an errno.
[[noreturn, gnu::cold]] void fail(std::string doing, std::string object, std::string reason, std::string hint = {});

/// Throws an Error for a system call that failed; `code` is its errno.
[[noreturn, gnu::cold]] void throw_errno(std::string doing, std::string object, int code, std::string reason = {},
                                         std::string hint = {});
/// The same with the current errno.
[[noreturn, gnu::cold]] void throw_errno(std::string doing, std::string object);

/// Runs `work`; an Error that leaves it says that it happened during `step`, and so does a trace.
template <class Work>
decltype(auto) during(std::string_view step, Work&& work) {
    const trace::Span span(step);
    try {
        return std::forward<Work>(work)();
    } catch (Error& error) {
        error.add_step(step);
        throw;
    }
}

}  // namespace rt
