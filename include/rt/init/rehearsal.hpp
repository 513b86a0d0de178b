#pragma once

#include <functional>
#include <optional>

#include "rt/base/error.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/plan.hpp"

namespace rt::init {

/// Told of each refusal of the kernel.
using Told = std::function<void(Failure failure)>;

/// Does what init does, as far as it concerns only the calling process and the namespaces that it has made: kernel parameters, new
/// file systems, which are attached nowhere, and whatever the process gets. `procfs` is needed for parameters and labels.
void try_what_stays_here(const plan::Plan& plan, const std::optional<os::Procfs>& procfs, const Told& told);

}  // namespace rt::init
