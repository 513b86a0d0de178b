#pragma once

#include <cstdint>
#include <optional>

#include "rt/os/fd.hpp"

namespace rt::rootfs {

struct WindowSize {
    std::uint16_t height = 0;
    std::uint16_t width = 0;
};

/// The terminal of the container: the master goes to whoever shows it, the slave becomes the stdio of the process.
struct Console {
    os::UniqueFd master;
    os::UniqueFd slave;
};

/// Opens a pseudo terminal of the devpts in the container and gives its slave to `uid` (as the container counts).
/// The output is raw: "\n" stays "\n". `root` is the container's root directory. Also for exec.
/// \throws Error
Console open_console(int root, std::optional<WindowSize> size, std::uint32_t uid);

/// Binds the slave on /dev/console, which is made when it is missing and never followed when it is a symbolic link
/// (CVE-2026-88264). \throws Error
void bind_console(int root, int slave);

}  // namespace rt::rootfs
