#pragma once

#include <sys/types.h>

#include <string>

namespace rt::container {

/// Writes the bare decimal pid, without a newline, at once; nothing for an empty path. \throws Error
void write_pid_file(const std::string& path, pid_t pid);

}  // namespace rt::container
