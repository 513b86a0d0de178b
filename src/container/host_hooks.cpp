#include "rt/container/host_hooks.hpp"

#include <fcntl.h>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/interruption.hpp"
#include "rt/hooks/run.hpp"
#include "rt/os/file.hpp"
#include "rt/os/signals.hpp"

namespace rt::container {

namespace {

// What the hooks of the host have in common; the work is given the moment while the signals are held.
template <class Work>
void at_moment(plan::HookKind kind, const plan::ContainerState& state, std::optional<rlim_t> open_files, Work work) {
    os::HeldSignals signals(ending_signals());
    os::UniqueFd directory = os::try_open_at(AT_FDCWD, state.bundle, O_PATH | O_DIRECTORY);
    if (!directory) directory = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
    hooks::Moment moment{.kind = kind,
                         .state = to_json(state),
                         .place = {.directory = directory.get(), .open_files = open_files},
                         .watch = {.fd = signals.fd(), .happened = [&] { give_up_on_signal(signals); }},
                         .output = {}};
    if (log::debug_enabled()) moment.output = [](const std::string& line) { log::debug(line); };
    work(moment);
}

}  // namespace

void run_host_hooks(plan::HookKind kind, const plan::Hooks& hooks, const plan::ContainerState& state,
                    std::optional<rlim_t> open_files) {
    if (!hooks.has(kind)) return;
    at_moment(kind, state, open_files, [&](const hooks::Moment& moment) { hooks::run(moment, hooks.of(kind)); });
}

void run_poststop_hooks(const std::vector<plan::Hook>& hooks, const plan::ContainerState& state) noexcept {
    if (hooks.empty()) return;
    try {
        at_moment(plan::HookKind::poststop, state, {},
                  [&](const hooks::Moment& moment) { hooks::run_in_spite_of_failures(moment, hooks); });
    } catch (const std::exception& error) {
        log::warning(concat("the poststop hooks were not run: ", error.what()));
    }
}

}  // namespace rt::container
