#pragma once

#include <functional>
#include <optional>
#include <string>

#include "rt/base/error.hpp"
#include "rt/plan/process.hpp"
#include "rt/rootfs/reach.hpp"

namespace rt::init {

/// Does the work; when it is the program that is refused, the Error says which directory on the way, which file or which
/// interpreter it was: the kernel does not. Called by the process that is to become the program. \throws Error
void explain_refusals(const plan::Process& process, const plan::UserMappings& mappings,
                      const std::function<void()>& work);

/// What may stand behind a refusal of the program at that path, which is not tried; empty when nothing does. For a process
/// that cannot look any more once it has tried. \throws Error
std::optional<rootfs::Refusal> find_refusal(const plan::UserMappings& mappings, const std::string& path);

/// The refusal with the cause that find_refusal() found.
Failure explained(Failure refusal, const plan::Process& process, const plan::UserMappings& mappings,
                  const std::optional<rootfs::Refusal>& cause);

}  // namespace rt::init
