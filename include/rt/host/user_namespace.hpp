#pragma once

#include <string>

namespace rt::host {

/// The namespace file at `path` (/proc/PID/ns/user) is that of the machine's own user namespace.
bool is_initial_user_namespace(int directory, const std::string& path) noexcept;

}  // namespace rt::host
