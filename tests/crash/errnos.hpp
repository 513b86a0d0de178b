#pragma once

#include <vector>

namespace crash {

/// With which errnos the kernel may well answer this system call, whatever its arguments are (their man pages, and what
/// file systems and security modules add). None: it cannot fail, or nobody could do anything about it.
std::vector<int> plausible_errnos(long system_call);

}  // namespace crash
