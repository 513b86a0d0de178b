#pragma once

#include <string_view>

namespace rt::trace {

/// Writes the begin and the end of every step from now on to a file, for who wants to see where the time goes: the events of Chrome's
/// trace event format (JSON array, without the closing bracket, which the format leaves to the writer), as Perfetto and
/// chrome://tracing show them. Time stamps are microseconds of the system's clock, which no time namespace shifts. `fd` is open for
/// appending, so that several processes and commands share one file; the trace does not close it. `name` is that of the process.
void write_to(int fd, std::string_view name);

/// The file, or -1: a process that closes what it does not need keeps it.
int descriptor() noexcept;

/// This process is a copy of the one that write_to() was called in, and gets a row of its own in the picture.
void be_copy(std::string_view name);

/// A step. Without a file it costs a comparison.
class Span {
public:
    /// `name` has to outlive the span.
    explicit Span(std::string_view name) noexcept;
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    ~Span();
};

}  // namespace rt::trace
