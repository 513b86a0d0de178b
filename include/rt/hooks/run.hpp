#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/hooks/program.hpp"
#include "rt/os/fd.hpp"
#include "rt/plan/hooks.hpp"

namespace rt::hooks {

/// What the hooks of one kind find around them, and who looks on.
struct Moment {
    plan::HookKind kind{};
    std::string state;                               ///< JSON text: what they read on standard input
    Place place;                                     ///< where they run
    const std::vector<std::string>* env = nullptr;   ///< of the container's process: for hooks without their own
    const std::vector<os::UniqueFd>* programs = {};  ///< opened by open_programs(); null: by their paths
    Watch watch;
    std::function<void(const std::string& line)> output;  ///< gets each line that a successful hook printed
};

/// Opens the programs of the hooks by their paths here, for processes that may not walk these paths or do not see them.
/// \throws Error
std::vector<os::UniqueFd> open_programs(plan::HookKind kind, const std::vector<plan::Hook>& hooks);

/// Runs the hooks one after the other, in listed order. \throws Error of kind hook: the first that could not be run, failed
/// or took longer than its timeout (it is killed then); Error of the watch
void run(const Moment& moment, const std::vector<plan::Hook>& hooks);

/// The same, but a failure is a warning, and the remaining ones run (runtime.md "Lifecycle", step 13).
void run_in_spite_of_failures(const Moment& moment, const std::vector<plan::Hook>& hooks);

}  // namespace rt::hooks
