#include "rt/plan/scheduling.hpp"

#include <linux/capability.h>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

JsonPointer scheduler_object() { return JsonPointer("/process/scheduler"); }
JsonPointer io_priority_object() { return JsonPointer("/process/ioPriority"); }
JsonPointer affinity_object() { return JsonPointer("/process/execCPUAffinity"); }

[[noreturn]] void refuse(const JsonPointer& where, std::string reason, std::string hint = {}) {
    fail("use the value at", where.text(), std::move(reason), std::move(hint));
}

std::uint32_t policy_of(const std::string& word) {
    const JsonPointer where = scheduler_object() / "policy";
    const std::optional<std::uint32_t> policy = value_named(scheduling_policies, word);
    if (policy) return *policy;
    if (word == "SCHED_ISO") refuse(where, "Linux reserves SCHED_ISO but does not implement it (sched(7))");
    refuse(where, concat("there is no scheduling policy '", printable(word), "'"),
           concat("the policies are ", names_in(scheduling_policies)));
}

bool is_fair(std::uint32_t policy) { return policy == SCHED_NORMAL || policy == SCHED_BATCH; }
bool is_real_time(std::uint32_t policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

std::uint64_t flags_of(const spec::Scheduler& scheduler, std::uint32_t policy) {
    constexpr std::uint64_t of_deadline = SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN;
    std::uint64_t flags = 0;
    for (std::size_t i = 0; i < scheduler.flags.size(); ++i) {
        const JsonPointer where = scheduler_object() / "flags" / i;
        const std::optional<std::uint64_t> flag = value_named(scheduling_flags, scheduler.flags[i]);
        if (!flag) {
            refuse(where, concat("there is no scheduling flag '", printable(scheduler.flags[i]), "'"),
                   concat("the flags are ", names_in(scheduling_flags)));
        }
        if ((*flag & of_deadline) != 0 && policy != SCHED_DEADLINE) {
            refuse(where,
                   concat(scheduler.flags[i], " is a flag of SCHED_DEADLINE, and the policy is ", scheduler.policy));
        }
        flags |= *flag;
    }
    return flags;
}

void check_nice(const spec::Scheduler& scheduler, std::uint32_t policy) {
    const JsonPointer where = scheduler_object() / "nice";
    if (scheduler.nice == 0) return;
    if (!is_fair(policy))
        refuse(where, concat(scheduler.policy, " has no nice value: only SCHED_OTHER and SCHED_BATCH do"));
    if (scheduler.nice < -20 || scheduler.nice > 19) {
        refuse(where, concat(scheduler.nice, " is no nice value: they run from -20 (first) to 19 (last)"));
    }
}

void check_priority(const spec::Scheduler& scheduler, std::uint32_t policy) {
    const JsonPointer where = scheduler_object() / "priority";
    if (is_real_time(policy)) {
        if (scheduler.priority >= 1 && scheduler.priority <= 99) return;
        refuse(where,
               concat(scheduler.policy, " needs a priority from 1 to 99 (last to first), not ", scheduler.priority));
    }
    if (scheduler.priority != 0) {
        refuse(where, concat(scheduler.policy, " has no priority: only SCHED_FIFO and SCHED_RR do"),
               is_fair(policy) ? "nice is what this policy has" : "");
    }
}

// runtime <= deadline <= period (sched_setattr(2)); below 1024 ns and from 2^63 on the kernel cannot count.
void check_deadline(const spec::Scheduler& scheduler) {
    constexpr std::uint64_t least_runtime = 1024;
    constexpr std::uint64_t too_long = std::uint64_t{1} << 63U;
    const std::uint64_t runtime = scheduler.runtime;
    const std::uint64_t deadline = scheduler.deadline;
    const std::uint64_t period = scheduler.period;
    if (runtime < least_runtime) {
        refuse(scheduler_object() / "runtime", concat("SCHED_DEADLINE needs at least 1024 ns, and it is ", runtime));
    }
    if (deadline < runtime) {
        refuse(scheduler_object() / "deadline",
               concat("the deadline ", deadline, " is shorter than the runtime ", runtime));
    }
    if (deadline >= too_long) refuse(scheduler_object() / "deadline", concat(deadline, " ns is too long"));
    if (period != 0 && period < deadline) {
        refuse(scheduler_object() / "period",
               concat("the period ", period, " is shorter than the deadline ", deadline));
    }
    if (period >= too_long) refuse(scheduler_object() / "period", concat(period, " ns is too long"));
}

void check_no_deadline(const spec::Scheduler& scheduler) {
    const auto require_absent = [&](const char* key, std::uint64_t value) {
        if (value == 0) return;
        refuse(scheduler_object() / key, concat(key, " is for SCHED_DEADLINE, and the policy is ", scheduler.policy));
    };
    require_absent("runtime", scheduler.runtime);
    require_absent("deadline", scheduler.deadline);
    require_absent("period", scheduler.period);
}

Scheduler plan_scheduler(const spec::Scheduler& scheduler) {
    const std::uint32_t policy = policy_of(scheduler.policy);
    check_nice(scheduler, policy);
    check_priority(scheduler, policy);
    policy == SCHED_DEADLINE ? check_deadline(scheduler) : check_no_deadline(scheduler);
    return {.policy = policy,
            .flags = flags_of(scheduler, policy),
            .nice = scheduler.nice,
            .priority = static_cast<std::uint32_t>(scheduler.priority),
            .runtime = scheduler.runtime,
            .deadline = scheduler.deadline,
            .period = scheduler.period};
}

IoPriority plan_io_priority(const spec::IoPriority& priority) {
    const std::optional<int> io_class = value_named(io_classes, priority.io_class);
    if (!io_class) {
        refuse(io_priority_object() / "class",
               concat("there is no I/O scheduling class '", printable(priority.io_class), "'"),
               concat("the classes are ", names_in(io_classes)));
    }
    if (priority.priority < 0 || priority.priority > 7) {
        refuse(io_priority_object() / "priority",
               concat(priority.priority, " is no I/O priority: they run from 0 (first) to 7 (last)"));
    }
    return {.io_class = *io_class, .level = priority.priority};
}

ExecCpuAffinity plan_exec_cpu_affinity(const spec::ExecCpuAffinity& affinity) {
    constexpr unsigned last_cpu = 8191;  // CONFIG_NR_CPUS is at most 8192
    return {.initial = read_number_list(affinity.initial, last_cpu, affinity_object() / "initial"),
            .final = read_number_list(affinity.final, last_cpu, affinity_object() / "final")};
}

}  // namespace

Scheduling plan_scheduling(const spec::Process& process, const host::Facts& facts) {
    Scheduling scheduling;
    if (process.scheduler) scheduling.scheduler = plan_scheduler(*process.scheduler);
    if (process.io_priority) scheduling.io_priority = plan_io_priority(*process.io_priority);
    if (process.exec_cpu_affinity) scheduling.exec_cpu_affinity = plan_exec_cpu_affinity(*process.exec_cpu_affinity);
    scheduling.by_runtime = facts.initial_user_namespace && facts.has_capability(CAP_SYS_NICE);
    return scheduling;
}

}  // namespace rt::plan
