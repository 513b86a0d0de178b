#pragma once

#include <cerrno>

namespace rt {

/// Whether the errno says that the kernel could not look for want of memory or descriptors, or because a disk failed: what was
/// asked for may well be there.
constexpr bool is_shortage(int code) noexcept {
    return code == EMFILE || code == ENFILE || code == ENOMEM || code == EIO || code == EINTR;
}

}  // namespace rt
