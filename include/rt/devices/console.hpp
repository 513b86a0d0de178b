#pragma once

#include <cstdint>
#include <optional>

#include "rt/os/fd.hpp"

namespace rt::devices {

struct WindowSize {
    std::uint16_t height = 0;
    std::uint16_t width = 0;
};

/// The terminal of the container: the master goes to whoever shows it, the slave becomes the stdio of the process.
struct Console {
    os::UniqueFd master;
    os::UniqueFd slave;
};

/// Opens a pseudo terminal of the container's own devpts, gives the slave to `uid` (as the container counts) where that is
/// possible, and binds it on /dev/console. `root` is the container's root directory, after enter(), before protect().
/// The output is raw: "\n" stays "\n". With `bind_on_dev_console` false (no mount namespace) nothing is mounted.
/// \throws Error
Console make_console(int root, std::optional<WindowSize> size, std::uint32_t uid, bool bind_on_dev_console = true);

}  // namespace rt::devices
