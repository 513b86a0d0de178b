#pragma once

#include <cstdint>
#include <string>

#include "rt/os/fd.hpp"

namespace rt::os {

/// mount(2) of a new file system with MS_* `flags`, as a detached mount: for what fsconfig(2) has no word or no room for.
/// mount(2) attaches at once, so it is a child that calls it, in a mount namespace where nobody else is.
/// \throws Error naming the type
UniqueFd mount_detached(const std::string& type, const std::string& source, std::uint64_t flags,
                        const std::string& data);

}  // namespace rt::os
