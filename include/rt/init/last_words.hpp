#pragma once

#include <functional>

#include "rt/base/error.hpp"

namespace rt::init {

/// Tells the peer at the socket why the calling process gives up. Without memory to say it, the peer sees the end only.
void send_failure(int channel, Failure failure) noexcept;

/// Does the work, which ends in execve(2). When it does not, the peer at the socket that channel() names by then hears why,
/// and the process ends with status 1.
[[noreturn]] void live(const std::function<void()>& work, const std::function<int()>& channel) noexcept;

}  // namespace rt::init
