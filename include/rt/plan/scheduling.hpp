#pragma once

#include <linux/sched.h>

#include <array>
#include <cstdint>
#include <optional>

#include "rt/base/named.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/number_list.hpp"
#include "rt/spec/process.hpp"

namespace rt::plan {

/// The policies of config.json that Linux has; SCHED_ISO is reserved but was never implemented (sched(7)).
inline constexpr auto scheduling_policies = std::to_array<Named<std::uint32_t>>({
    {"SCHED_OTHER", SCHED_NORMAL},
    {"SCHED_FIFO", SCHED_FIFO},
    {"SCHED_RR", SCHED_RR},
    {"SCHED_BATCH", SCHED_BATCH},
    {"SCHED_IDLE", SCHED_IDLE},
    {"SCHED_DEADLINE", SCHED_DEADLINE},
});

inline constexpr auto scheduling_flags = std::to_array<Named<std::uint64_t>>({
    {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
    {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
    {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
    {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
    {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
    {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
});

// The numbers of linux/ioprio.h, of which some versions (6.1.192) are no C++: they call a parameter "class".
inline constexpr int best_effort_io_class = 2;
inline constexpr auto io_classes = std::to_array<Named<int>>({
    {"IOPRIO_CLASS_RT", 1},
    {"IOPRIO_CLASS_BE", best_effort_io_class},
    {"IOPRIO_CLASS_IDLE", 3},
});

/// What sched_setattr(2) is asked for; the combination is one that it can take.
struct Scheduler {
    std::uint32_t policy = SCHED_NORMAL;
    std::uint64_t flags = 0;     ///< SCHED_FLAG_*
    std::int32_t nice = 0;       ///< -20 to 19; SCHED_OTHER and SCHED_BATCH only
    std::uint32_t priority = 0;  ///< 1 to 99; SCHED_FIFO and SCHED_RR only
    std::uint64_t runtime = 0;   ///< nanoseconds, as deadline and period; SCHED_DEADLINE only
    std::uint64_t deadline = 0;
    std::uint64_t period = 0;  ///< 0: the deadline
};

/// What ioprio_set(2) is asked for.
struct IoPriority {
    int io_class = best_effort_io_class;
    int level = 0;  ///< 0 (first) to 7 (last)
};

/// CPUs of a process that exec adds (config.md "execCPUAffinity"); an empty set: not given.
struct ExecCpuAffinity {
    NumberSet initial;  ///< until it is in the cgroup of the container
    NumberSet final;    ///< from then on
};

/// When a process gets the CPU and the disk.
struct Scheduling {
    std::optional<Scheduler> scheduler;
    std::optional<IoPriority> io_priority;
    ExecCpuAffinity exec_cpu_affinity;
    /// Whether the runtime sets it from outside: CAP_SYS_NICE counts only in the initial user namespace, and init may have
    /// left that. Otherwise init sets it for itself, as whoever it is by then.
    bool by_runtime = false;
};

/// \throws Error with the pointer: an unknown word, a number out of its range, a field that the policy does not have
Scheduling plan_scheduling(const spec::Process& process, const host::Facts& facts);

}  // namespace rt::plan
