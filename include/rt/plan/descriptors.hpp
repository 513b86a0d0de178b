#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/host/caller_descriptors.hpp"

namespace rt::plan {

/// Which of the caller's descriptors the program gets besides the standard streams, under the numbers they have.
struct Descriptors {
    unsigned preserved = 0;            ///< from 3 on; the program has no other ones
    unsigned listening = 0;            ///< how many of them, from 3 on, LISTEN_FDS speaks of
    std::optional<std::string> names;  ///< LISTEN_FDNAMES for these

    bool operator==(const Descriptors&) const = default;
};

/// Those of LISTEN_FDS, when it is meant for rt, and `preserve` ones after them, as customary for --preserve-fds.
/// \throws Error that names the first one that is not open; LISTEN_FDS is no number
Descriptors plan_descriptors(unsigned preserve, const host::CallerDescriptors& caller);

/// Tells the program of the listening descriptors (sd_listen_fds(3)). LISTEN_PID is left to init: only that knows its pid as
/// the container counts.
void announce_descriptors(const Descriptors& descriptors, std::vector<std::string>& env);

}  // namespace rt::plan
