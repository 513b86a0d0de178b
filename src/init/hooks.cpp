#include "rt/init/hooks.hpp"

#include <unistd.h>

#include "rt/base/error.hpp"
#include "rt/hooks/run.hpp"

namespace rt::init {

void run_create_container_hooks(const plan::Plan& plan, const std::vector<os::UniqueFd>& programs,
                                const hooks::Place& place) {
    constexpr auto kind = plan::HookKind::create_container;
    if (!plan.hooks.has(kind)) return;
    // runtime.md "State": for hooks executed in the container namespace, it is the pid as seen by the container.
    hooks::run({.kind = kind,
                .state = to_json(state_of(plan, plan::Status::creating, ::getpid())),
                .place = place,
                .programs = &programs,
                .watch = {},
                .output = {}},
               plan.hooks.of(kind));
}

void run_start_container_hooks(const plan::Plan& plan, const std::vector<std::string>& env, int starter) {
    constexpr auto kind = plan::HookKind::start_container;
    if (!plan.hooks.has(kind)) return;
    // The starter says nothing any more: when it can be read, it has ended.
    const auto give_up = [] { fail("go on", "", "rt start ended meanwhile"); };
    hooks::run({.kind = kind,
                .state = to_json(state_of(plan, plan::Status::created, ::getpid())),
                .place = {},
                .env = &env,
                .watch = {.fd = starter, .happened = give_up},
                .output = {}},
               plan.hooks.of(kind));
}

}  // namespace rt::init
