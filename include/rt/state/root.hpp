#pragma once

#include <string>

#include "rt/os/fd.hpp"

namespace rt::state {

/// Makes the directory that the state of all containers lies in (0755, with what is missing above it), and opens it.
/// \throws Error: it cannot be made; it is a symbolic link, belongs to somebody else, or may be written by others
os::UniqueFd make_root(const std::string& root);

/// Opens one that exists; empty with errno set.
os::UniqueFd try_open_directory(int dir, const std::string& path) noexcept;

/// \throws Error: the directory belongs to somebody else, or others may write it
void require_own(int dir, const std::string& path);

}  // namespace rt::state
