#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace rt::host {

/// The open descriptors that rt was started with, and what its environment says of them (sd_listen_fds(3)).
struct CallerDescriptors {
    unsigned open = 0;  ///< how many are open from descriptor 3 on, without a gap; 0 when nobody asked
    pid_t own_pid = 0;
    std::optional<std::string> listen_fds;  ///< LISTEN_FDS, as it is
    std::optional<std::string> listen_pid;
    std::optional<std::string> listen_names;  ///< LISTEN_FDNAMES
};

/// Looks at the environment, and at the descriptors when that or the caller (`asked`) names any. Descriptors that rt opened
/// itself do not count: those are close-on-exec.
CallerDescriptors take_caller_descriptors(bool asked);

}  // namespace rt::host
