#pragma once

#include <cstdint>

#include "rt/hooks/program.hpp"

namespace rt::hooks {

/// What the child is given by the process that made it.
struct Ends {
    int input = -1;   ///< becomes standard input
    int output = -1;  ///< becomes standard output and error
    int report = -1;  ///< takes a Refusal when the child cannot become the program; closed by execve(2)
};

/// Why the child did not become the program.
struct Refusal {
    enum class Step : std::int32_t { prepare, enter_directory, execute };
    Step step{};
    std::int32_t code = 0;  ///< errno
};

/// Turns the calling process, a fresh child, into the program. `parent`: the pid of its maker, with whom it dies.
[[noreturn]] void become(const Program& program, const Ends& ends, int parent) noexcept;

}  // namespace rt::hooks
