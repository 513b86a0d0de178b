#include "rt/plan/hooks.hpp"

namespace rt::plan {

namespace {

std::vector<Hook> plan_list(const std::vector<spec::Hook>& hooks, HookKind kind) {
    std::vector<Hook> planned;
    for (const spec::Hook& hook : hooks) {
        Hook entry{.path = hook.path, .args = hook.args, .env = hook.env, .timeout = hook.timeout};
        // "the same semantics as execv's argv": a program without argv[0] is what CVE-2021-4034 was about.
        if (entry.args.empty()) entry.args.push_back(hook.path);
        if (!entry.env && kind != HookKind::start_container) entry.env.emplace();
        planned.push_back(std::move(entry));
    }
    return planned;
}

}  // namespace

bool Hooks::any_before_entering() const noexcept {
    return has(HookKind::prestart) || has(HookKind::create_runtime) || has(HookKind::create_container);
}

Hooks plan_hooks(const spec::Hooks& hooks) {
    Hooks planned;
    const auto plan_kind = [&](HookKind kind, const std::vector<spec::Hook>& list) {
        planned.of(kind) = plan_list(list, kind);
    };
    plan_kind(HookKind::prestart, hooks.prestart);
    plan_kind(HookKind::create_runtime, hooks.create_runtime);
    plan_kind(HookKind::create_container, hooks.create_container);
    plan_kind(HookKind::start_container, hooks.start_container);
    plan_kind(HookKind::poststart, hooks.poststart);
    plan_kind(HookKind::poststop, hooks.poststop);
    return planned;
}

}  // namespace rt::plan
