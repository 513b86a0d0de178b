#pragma once

#include <sys/resource.h>

#include <optional>
#include <utility>
#include <vector>

#include "rt/plan/container_state.hpp"
#include "rt/plan/hooks.hpp"

namespace rt::container {

/// Runs the hooks of that kind where rt itself runs, in the directory of the bundle ("/" where that is gone). A signal that
/// ends the work of rt ends a hook, which then has failed. `open_files`: the soft limit that they get; absent: that of rt.
/// \throws Error of kind hook
void run_host_hooks(plan::HookKind kind, const plan::Hooks& hooks, const plan::ContainerState& state,
                    std::optional<rlim_t> open_files = {});

/// The same for the poststop hooks, whose failures are warnings; the state tells of a container that is gone.
void run_poststop_hooks(const std::vector<plan::Hook>& hooks, const plan::ContainerState& state) noexcept;

/// Runs the poststop hooks at its end, once armed and unless released.
class Poststop {
public:
    Poststop(std::vector<plan::Hook> hooks, plan::ContainerState state)
        : hooks_(std::move(hooks)), state_(std::move(state)) {}
    Poststop(Poststop&& other) noexcept
        : hooks_(std::move(other.hooks_)),
          state_(std::move(other.state_)),
          armed_(std::exchange(other.armed_, false)) {}
    Poststop& operator=(Poststop&&) = delete;
    Poststop(const Poststop&) = delete;
    Poststop& operator=(const Poststop&) = delete;
    ~Poststop() {
        if (armed_) run_poststop_hooks(hooks_, state_);
    }

    void arm() noexcept { armed_ = true; }
    void release() noexcept { armed_ = false; }

private:
    std::vector<plan::Hook> hooks_;
    plan::ContainerState state_;
    bool armed_ = false;
};

}  // namespace rt::container
