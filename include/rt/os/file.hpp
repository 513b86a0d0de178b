#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::os {

/// openat(2), always with O_CLOEXEC; `dir` may be AT_FDCWD. The try_ twin gives an empty descriptor and errno.
UniqueFd try_open_at(int dir, const std::string& path, int flags, mode_t mode = 0) noexcept;
/// \throws Error naming the path
UniqueFd open_at(int dir, const std::string& path, int flags, mode_t mode = 0);

/// openat2(2) below `root` as if it were the root directory: symbolic links, absolute ones and ".." included,
/// stay inside; magic links are refused (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS). EAGAIN (a rename raced with
/// the look-up) is tried again up to 128 times.
UniqueFd try_open_in_root(int root, const std::string& path, int flags, mode_t mode = 0) noexcept;
/// \throws Error naming the path
UniqueFd open_in_root(int root, const std::string& path, int flags, mode_t mode = 0);

/// openat2(2) that refuses to leave `dir`: for cgroup and state paths (RESOLVE_BENEATH | NO_SYMLINKS | NO_MAGICLINKS).
UniqueFd try_open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0) noexcept;
/// \throws Error naming the path
UniqueFd open_beneath(int dir, const std::string& path, int flags, mode_t mode = 0);

/// fstat(2). \throws Error naming `name`
struct stat status_of(int fd, const std::string& name);
/// fstatat(2); empty with errno set when it fails.
std::optional<struct stat> try_status_at(int dir, const std::string& path, int flags = 0) noexcept;

/// Everything that can be read, at most `limit` bytes. \throws Error (read(2), or longer than the limit)
std::string read_all(int fd, const std::string& name, std::size_t limit = 64U << 20);
/// Opens and reads a file. \throws Error naming the path
std::string read_file(int dir, const std::string& path, std::size_t limit = 64U << 20);
/// The content, or nothing with errno set when it cannot be opened or read.
std::optional<std::string> try_read_file(int dir, const std::string& path);
/// Writes all of it. \throws Error naming `name`
void write_all(int fd, std::string_view data, const std::string& name);
/// One write(2) of the whole text to an existing file, as files of /proc and cgroups want it; errno, or 0.
int try_write_file(int dir, const std::string& path, std::string_view data) noexcept;
/// \throws Error naming the path
void write_file(int dir, const std::string& path, std::string_view data);
/// A file in memory (memfd_create(2)) that holds the data and cannot be changed, to be read from its beginning. \throws Error
UniqueFd make_memory_file(const std::string& name, std::string_view data);
/// Replaces a file at once (temporary file, then rename(2)); the mode does not depend on the umask. \throws Error
void replace_file(int dir, const std::string& name, std::string_view data, mode_t mode);

/// readlinkat(2); empty with errno set when it fails.
std::optional<std::string> try_read_link(int dir, const std::string& path);

/// The names in a directory without "." and "..", unsorted. \throws Error naming `name`
std::vector<std::string> names_in(int dir, const std::string& name);

/// Removes a directory and all below it, never following a symbolic link or a mount point; what is gone is no error.
/// Returns 0 or the first errno.
int remove_tree(int dir, const std::string& name) noexcept;

/// The path of a descriptor of the calling process: "/proc/self/fd/N".
std::string descriptor_path(int fd);

}  // namespace rt::os
