#pragma once

#include <cstdint>

namespace rt::host {

/// Which of the flags of seccomp(2) (SECCOMP_FILTER_FLAG_*) this kernel takes; 0: it has no system call filters at all.
std::uint32_t seccomp_flags() noexcept;

}  // namespace rt::host
