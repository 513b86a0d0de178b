#pragma once

#include <string>

namespace rt::host {

/// Whether a kernel release ("5.14.0-1-amd64", as uname(2) has it) is Linux 5.14 or newer; true for a text that is not of
/// that form.
bool is_supported_kernel(const std::string& release);

/// \throws Error that names the oldest kernel on which rt works: mount_setattr(2) with nosymfollow and cgroup.kill came with 5.14
void require_supported_kernel();

}  // namespace rt::host
