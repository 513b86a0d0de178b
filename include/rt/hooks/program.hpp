#pragma once

#include <sys/resource.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rt::hooks {

/// Where a program runs.
struct Place {
    int directory = -1;                ///< a descriptor of the working directory; -1: that of the caller
    std::optional<rlim_t> open_files;  ///< the soft limit of open files that it gets; absent: that of the caller
};

/// Something else that may happen meanwhile: a signal to rt, the end of the peer.
struct Watch {
    int fd = -1;                     ///< readable when it happened; -1: nothing
    std::function<void()> happened;  ///< may throw: the program is killed then
};

/// One program to run.
struct Program {
    const std::string& path;
    int file = -1;  ///< a descriptor of it; -1: by the path
    const std::vector<std::string>& args;
    const std::vector<std::string>& env;
    std::string_view input;                ///< what it reads on standard input
    std::optional<std::uint32_t> timeout;  ///< seconds
    Place place;
};

/// Runs the program in a session of its own, without any descriptor besides the three, with default signals, and waits for
/// its end. Returns the end of what it wrote to standard output and error, at most 4 KiB.
///
/// At its timeout, when the watch throws, and when the caller dies, it is killed; at the first two with its whole process
/// group. What it left running in the background is not waited for.
/// \throws Error: it could not be run, failed (with the last lines it wrote), or took too long; what the watch throws
std::string run_program(const Program& program, const Watch& watch);

}  // namespace rt::hooks
