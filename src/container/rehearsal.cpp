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

template <class Work>
void note_refusal(Findings& findings, Work&& work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error& error) {
        findings.push_back(finding_of(error.failure()));
    }
}

template <class Work>
void note_refusal_of_process(Findings& findings, Work&& work) {
    note_refusal(findings, [&] { during("/process", std::forward<Work>(work)); });
}

void accompany(const os::Child& init, init::Line& line, const plan::Plan& plan, const os::Procfs& procfs,
               Findings& findings) {
    line.perform(init::Step::join_cgroups, [&] {
        if (plan.process)
            note_refusal_of_process(findings, [&] { set_from_outside(init.pid(), *plan.process, procfs); });
    });
    line.perform(init::Step::map_ids, [&] { idmap::write_maps(procfs, init.pid(), plan.mappings); });
    line.await(init::Step::ready, [&](const init::Message& message, const std::vector<os::UniqueFd>&) {
        if (message.failure) findings.push_back(finding_of(*message.failure));
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
