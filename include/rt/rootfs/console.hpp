#pragma once

#include "rt/os/fd.hpp"
#include "rt/plan/process.hpp"

namespace rt::rootfs {

/// The terminal of the container: the master goes to whoever shows it, the slave becomes the stdio of the process.
struct Console {
    os::UniqueFd master;
    os::UniqueFd slave;
};

/// Opens a pseudo terminal of the devpts in the container, of the size that the process asks for, and gives its slave to the
/// user of the process. The output is raw: "\n" stays "\n". `root` is the container's root directory. Also for exec.
/// \throws Error
Console open_console(int root, const plan::Process& process);

/// Binds the slave on /dev/console, which is made when it is missing and never followed when it is a symbolic link
/// (CVE-2026-88264). \throws Error
void bind_console(int root, int slave);

}  // namespace rt::rootfs
