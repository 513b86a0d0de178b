#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rt/os/fd.hpp"

namespace rt::os {

/// The one way to files of /proc: the directory is opened once, verified to be the root of a procfs (proc(5)),
/// and never left below it: no symbolic link out of it, no mount on top of a file of it, no magic link.
/// (A container or an image that puts files of its own there must not be able to redirect a write:
/// CVE-2019-16884, CVE-2025-52881.)
/// A procfs of its own, which nobody else can mount anything on, costs milliseconds when it goes: it is made only where /proc
/// will not do, and only where the kernel allows it (not in a user namespace that sees parts of /proc covered).
class Procfs {
public:
    /// Opens /proc, or a procfs of its own where /proc shows another pid namespace than that of the calling process.
    /// \throws Error: it is not mounted, is not a procfs, or counts processes otherwise and no other can be had
    static Procfs open();
    /// Opens /proc for "self/..." and what is no process: it may show another pid namespace. \throws Error as open() does
    static Procfs open_for_self();

    /// The file at `path` ("123/uid_map", "self/status"); empty with errno set. Where something is mounted over it: the file
    /// of a procfs of its own; or, to be read only, what belongs to the same procfs (a container's read-only /proc/sys);
    /// otherwise EXDEV.
    UniqueFd try_open(const std::string& path, int flags) const noexcept;
    /// The content; empty with errno set.
    std::optional<std::string> try_read(const std::string& path) const;
    /// \throws Error naming the path
    std::string read(const std::string& path) const;
    /// One write of the whole text; 0 or errno.
    int try_write(const std::string& path, std::string_view data) const noexcept;

    int fd() const noexcept { return root_.get(); }

private:
    explicit Procfs(UniqueFd root) noexcept : root_(std::move(root)) {}

    UniqueFd root_;
};

/// What /proc/PID/stat says of a process (proc(5)).
struct ProcessStatus {
    char state = '?';  ///< 'Z' and 'X': it has ended
    pid_t parent = 0;
    std::uint64_t start_time = 0;  ///< clock ticks since boot; with the pid it names one process of a boot
};

/// The process with that pid as this procfs counts it; empty when there is none.
std::optional<ProcessStatus> try_process_status(const Procfs& procfs, pid_t pid);

/// Reads the text of /proc/PID/stat; empty when it is not of that form.
std::optional<ProcessStatus> parse_process_status(std::string_view text) noexcept;

/// The id of this boot (/proc/sys/kernel/random/boot_id), read once in a process. \throws Error
const std::string& boot_id(const Procfs& procfs);

}  // namespace rt::os
