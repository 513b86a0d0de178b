#include "rt/container/rehearsal.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/container/accompany.hpp"
#include "rt/container/launch.hpp"
#include "rt/idmap/write_maps.hpp"
#include "rt/os/socket.hpp"
#include "rt/scheduling/scheduler.hpp"

namespace rt::container {

namespace {

using analysis::Findings;

// What would change a namespace that others live in is left out.
plan::Plan with_own_namespaces_only(plan::Plan plan) {
    if (!plan.namespaces.creates(NamespaceType::uts)) plan.uts_names = {};
    if (!plan.namespaces.creates(NamespaceType::network)) plan.network.loopback_up = false;
    // A new keyring counts against the quota of the user until the kernel has collected it.
    if (plan.process) plan.process->session_keyring.clear();
    return plan;
}

analysis::Finding finding_of(const Failure& failure) {
    analysis::Finding finding = analysis::finding_of(failure);
    if (!failure.during.empty()) finding.object = failure.during.front();
    return finding;
}

// The limits are raised by the runtime and set by init, and both are refused for one reason.
void note(const Failure& failure, Findings& findings) {
    analysis::Finding finding = finding_of(failure);
    const auto is_same = [&](const analysis::Finding& other) {
        return other.object == finding.object && other.cause == finding.cause;
    };
    if (std::ranges::none_of(findings, is_same)) findings.push_back(std::move(finding));
}

template <class Work>
void note_refusal(Findings& findings, Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error& error) {
        note(error.failure(), findings);
    }
}

template <class Work>
void note_refusal_of_process(Findings& findings, Work&& work) {
    note_refusal(findings, [&] { during("/process", std::forward<Work>(work)); });
}

void accompany(const os::Child& init, init::Line& line, const plan::Plan& plan, const os::Procfs& procfs,
               Findings& findings) {
    line.perform(init::Step::join_cgroups, [&] {
        const auto attempt = [&](const std::function<void()>& act) { note_refusal_of_process(findings, act); };
        if (plan.process) set_from_outside(init.pid(), *plan.process, procfs, attempt);
    });
    line.perform(init::Step::map_ids, [&] { idmap::write_maps(procfs, init.pid(), plan.mappings); });
    line.await(init::Step::ready, [&](const init::Message& message, const std::vector<os::UniqueFd>&) {
        if (message.failure) note(*message.failure, findings);
    });
    if (!plan.process || !plan.process->scheduling.by_runtime) return;
    note_refusal_of_process(findings, [&] { scheduling::set_scheduling(init.pid(), plan.process->scheduling); });
}

}  // namespace

Findings rehearse(Loaded& loaded, const os::Procfs& procfs) {
    Findings findings;
    const plan::Plan plan = with_own_namespaces_only(loaded.plan);
    const init::Sequence sequence = init::sequence_of_rehearsal(plan);
    note_refusal(findings, [&] {
        auto [ours, theirs] = os::make_socket_pair();
        init::Task task{.plan = &plan, .sequence = sequence, .line = std::move(theirs), .rehearsal = true};
        task.namespaces = std::move(loaded.namespaces);
        cgroup::Cgroup none = cgroup::Cgroup::create({});
        const os::Child init = launch(std::move(task), none, ours.get());
        init::Line line(std::move(ours), init::Side::runtime, sequence);
        accompany(init, line, plan, procfs, findings);
    });
    return findings;
}

}  // namespace rt::container
