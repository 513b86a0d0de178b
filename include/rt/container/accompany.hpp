#pragma once

#include "rt/container/build.hpp"
#include "rt/os/procfs.hpp"

namespace rt::container {

/// The runtime's turns in the choreography, from the birth of init until it only waits for start. \throws Error: what init
/// or this side could not do; init::PeerGone
void accompany_init(Built& built, const os::Procfs& procfs);

}  // namespace rt::container
