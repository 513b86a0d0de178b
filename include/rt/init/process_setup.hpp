#pragma once

#include <optional>
#include <string>

#include "rt/base/attempt.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/plan.hpp"

namespace rt::init {

/// Gives the calling process what is no matter of files: umask, limits, scheduling, memory policy, personality, session keyring,
/// labels (by `procfs`, which is needed for them only), ids, capabilities. \throws Error
void set_attributes(const plan::Process& process, const std::optional<os::Procfs>& procfs,
                    const Attempt& attempt = at_once);

/// Gives the calling process everything that the program finds set: its working directory, those attributes, no_new_privs, HOME.
/// `process` is that of the plan, and gets what only the rootfs tells. Returns the path of the program. \throws Error
std::string set_up_process(plan::Process& process, const std::optional<os::Procfs>& procfs);

}  // namespace rt::init
