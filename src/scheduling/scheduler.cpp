#include "rt/scheduling/scheduler.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::scheduling {

namespace {

// struct sched_attr of sched_setattr(2): on some systems its header cannot stand beside <sched.h>.
struct Attributes {
    std::uint32_t size = sizeof(Attributes);
    std::uint32_t policy = 0;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 0;
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;
    std::uint32_t utilization_min = 0;
    std::uint32_t utilization_max = 0;
};
static_assert(sizeof(Attributes) == 56);  // SCHED_ATTR_SIZE_VER1

template <class Table, class Value>
std::string name_of(const Table& table, Value value) {
    const auto found = std::ranges::find(table, value, [](const auto& row) { return row.value; });
    return found == table.end() ? concat(value) : std::string(found->name);
}

// sched_setattr(2) and sched(7): which privilege, limit or setting stands behind the errno.
std::string hint_for(const plan::Scheduler& scheduler, int code) {
    if (scheduler.policy == SCHED_DEADLINE) {
        if (code == EPERM) {
            return "SCHED_DEADLINE needs CAP_SYS_NICE of the host, and a cpuset that holds all CPUs of its scheduling "
                   "domain";
        }
        if (code == EBUSY)
            return "the CPUs have not that much time left for deadlines: a smaller runtime or a longer period";
        if (code == EINVAL) {
            return "the period must lie within /proc/sys/kernel/sched_deadline_period_min_us and ..._max_us";
        }
    }
    const bool real_time = scheduler.policy == SCHED_FIFO || scheduler.policy == SCHED_RR;
    if (code == EPERM && real_time) {
        return "it needs CAP_SYS_NICE of the host or a high enough RLIMIT_RTPRIO; with cgroup v1 also real-time budget "
               "in the "
               "container's cgroup (cpu.rt_runtime_us, /linux/resources/cpu/realtimeRuntime)";
    }
    if (code == EPERM) return "it needs CAP_SYS_NICE of the host, or a low enough RLIMIT_NICE (getrlimit(2))";
    if (code == EOPNOTSUPP)
        return "this kernel is built without CONFIG_UCLAMP_TASK, which SCHED_FLAG_UTIL_CLAMP_* needs";
    return {};
}

void set_scheduler(pid_t pid, const plan::Scheduler& scheduler) {
    const Attributes attributes{.policy = scheduler.policy,
                                .flags = scheduler.flags,
                                .nice = scheduler.nice,
                                .priority = scheduler.priority,
                                .runtime = scheduler.runtime,
                                .deadline = scheduler.deadline,
                                .period = scheduler.period};
    if (::syscall(SYS_sched_setattr, pid, &attributes, 0U) == 0) return;
    const int code = errno;
    throw_errno("set the scheduling policy", name_of(plan::scheduling_policies, scheduler.policy), code, "",
                hint_for(scheduler, code));
}

void set_io_priority(pid_t pid, const plan::IoPriority& priority) {
    constexpr int who_process = 1;  // IOPRIO_WHO_PROCESS of ioprio_set(2)
    constexpr int class_shift = 13;
    const int value = priority.io_class << class_shift | priority.level;
    if (::syscall(SYS_ioprio_set, who_process, pid, value) == 0) return;
    const int code = errno;
    throw_errno("set the I/O priority", concat(name_of(plan::io_classes, priority.io_class), " ", priority.level), code,
                "", code == EPERM ? "it needs CAP_SYS_NICE of the host" : "");
}

}  // namespace

void set_scheduling(pid_t pid, const plan::Scheduling& scheduling) {
    if (scheduling.scheduler) set_scheduler(pid, *scheduling.scheduler);
    if (scheduling.io_priority) set_io_priority(pid, *scheduling.io_priority);
}

int try_reset_cpu_affinity(pid_t pid) noexcept {
    // The kernel keeps of it what the cpuset has, and takes more bits than it has CPUs.
    std::array<unsigned long, 8192 / 8 / sizeof(unsigned long)> every_cpu;
    every_cpu.fill(~0UL);
    return ::syscall(SYS_sched_setaffinity, pid, sizeof every_cpu, every_cpu.data()) < 0 ? errno : 0;
}

int try_set_cpu_affinity(pid_t pid, const plan::NumberSet& cpus) noexcept {
    const std::size_t size = cpus.words.size() * sizeof cpus.words.front();
    return ::syscall(SYS_sched_setaffinity, pid, size, cpus.words.data()) < 0 ? errno : 0;
}

}  // namespace rt::scheduling
