#include "rt/plan/scheduling.hpp"

#include <linux/capability.h>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"

using namespace rt;

namespace {

plan::Scheduling planned(const spec::Process& process, const host::Facts& facts = {}) {
    return plan::plan_scheduling(process, facts);
}

Failure refusal_of(const spec::Process& process) {
    return test::refusal_of([&] { planned(process); });
}

spec::Process with(const spec::Scheduler& scheduler) {
    spec::Process process;
    process.scheduler = scheduler;
    return process;
}

}  // namespace

TEST_CASE("the policies and flags have the numbers of the kernel", "[plan][scheduling]") {
    struct Case {
        const char* name;
        std::uint32_t number;  // include/uapi/linux/sched.h
    };
    const Case policies[] = {{"SCHED_OTHER", 0}, {"SCHED_FIFO", 1}, {"SCHED_RR", 2},
                             {"SCHED_BATCH", 3}, {"SCHED_IDLE", 5}, {"SCHED_DEADLINE", 6}};
    for (const Case& entry : policies) CHECK(value_named(plan::scheduling_policies, entry.name) == entry.number);
    const Case flags[] = {{"SCHED_FLAG_RESET_ON_FORK", 1},    {"SCHED_FLAG_RECLAIM", 2},
                          {"SCHED_FLAG_DL_OVERRUN", 4},       {"SCHED_FLAG_KEEP_POLICY", 8},
                          {"SCHED_FLAG_KEEP_PARAMS", 0x10},   {"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
                          {"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40}};
    for (const Case& entry : flags) CHECK(value_named(plan::scheduling_flags, entry.name) == entry.number);
    const Case classes[] = {{"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}};
    for (const Case& entry : classes)
        CHECK(value_named(plan::io_classes, entry.name) == static_cast<int>(entry.number));
}

TEST_CASE("what each scheduling policy takes is planned", "[plan][scheduling]") {
    const plan::Scheduler fair = *planned(with({.policy = "SCHED_BATCH", .nice = -20})).scheduler;
    CHECK(fair.policy == 3);
    CHECK(fair.nice == -20);
    CHECK(planned(with({.policy = "SCHED_OTHER", .nice = 19})).scheduler->nice == 19);
    const plan::Scheduler fifo =
        *planned(with({.policy = "SCHED_FIFO", .priority = 99, .flags = {"SCHED_FLAG_RESET_ON_FORK"}})).scheduler;
    CHECK(fifo.priority == 99);
    CHECK(fifo.flags == 1);
    CHECK(planned(with({.policy = "SCHED_RR", .priority = 1})).scheduler->priority == 1);
    const plan::Scheduler deadline = *planned(with({.policy = "SCHED_DEADLINE",
                                                    .flags = {"SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"},
                                                    .runtime = 1024,
                                                    .deadline = 2000000,
                                                    .period = 2000000}))
                                          .scheduler;
    CHECK(deadline.flags == 6);
    CHECK(deadline.runtime == 1024);
    CHECK(deadline.deadline == 2000000);
    CHECK(deadline.period == 2000000);
    CHECK(planned(with({.policy = "SCHED_DEADLINE", .runtime = 5000, .deadline = 5000})).scheduler->period == 0);
}

TEST_CASE("what the scheduling policy does not take is refused at its place", "[plan][scheduling]") {
    struct Case {
        spec::Scheduler scheduler;
        const char* where;
        const char* words;
    };
    const std::uint64_t too_long = std::uint64_t{1} << 63U;
    const Case cases[] = {
        {{.policy = "sched_fifo"}, "policy", "'sched_fifo'"},
        {{.policy = "SCHED_NORMAL"}, "policy", "'SCHED_NORMAL'"},
        {{.policy = "SCHED_ISO"}, "policy", "does not implement"},
        {{.policy = "SCHED_OTHER", .nice = 20}, "nice", "20"},
        {{.policy = "SCHED_BATCH", .nice = -21}, "nice", "-21"},
        {{.policy = "SCHED_IDLE", .nice = 1}, "nice", "SCHED_IDLE"},
        {{.policy = "SCHED_FIFO", .nice = 1, .priority = 1}, "nice", "SCHED_FIFO"},
        {{.policy = "SCHED_FIFO"}, "priority", "not 0"},
        {{.policy = "SCHED_RR", .priority = 100}, "priority", "not 100"},
        {{.policy = "SCHED_RR", .priority = -1}, "priority", "not -1"},
        {{.policy = "SCHED_OTHER", .priority = 1}, "priority", "SCHED_OTHER"},
        {{.policy = "SCHED_IDLE", .priority = 1}, "priority", "SCHED_IDLE"},
        {{.policy = "SCHED_DEADLINE", .priority = 1, .runtime = 5000, .deadline = 9000}, "priority", "SCHED_DEADLINE"},
        {{.policy = "SCHED_DEADLINE", .nice = 1, .runtime = 5000, .deadline = 9000}, "nice", "SCHED_DEADLINE"},
        {{.policy = "SCHED_OTHER", .runtime = 1}, "runtime", "SCHED_OTHER"},
        {{.policy = "SCHED_BATCH", .deadline = 1}, "deadline", "SCHED_BATCH"},
        {{.policy = "SCHED_FIFO", .priority = 1, .period = 1}, "period", "SCHED_FIFO"},
        {{.policy = "SCHED_DEADLINE"}, "runtime", "1024"},
        {{.policy = "SCHED_DEADLINE", .runtime = 1023, .deadline = 9000}, "runtime", "1023"},
        {{.policy = "SCHED_DEADLINE", .runtime = 5000, .deadline = 4999}, "deadline", "4999"},
        {{.policy = "SCHED_DEADLINE", .runtime = 5000, .deadline = too_long}, "deadline", "too long"},
        {{.policy = "SCHED_DEADLINE", .runtime = 5000, .deadline = 9000, .period = 8999}, "period", "8999"},
        {{.policy = "SCHED_DEADLINE", .runtime = 5000, .deadline = 9000, .period = too_long}, "period", "too long"},
        {{.policy = "SCHED_OTHER", .flags = {"SCHED_FLAG_RESET_ON_FORK", "RESET"}}, "flags/1", "'RESET'"},
        {{.policy = "SCHED_OTHER", .flags = {"SCHED_FLAG_RECLAIM"}}, "flags/0", "SCHED_DEADLINE"},
        {{.policy = "SCHED_FIFO", .priority = 1, .flags = {"SCHED_FLAG_DL_OVERRUN"}}, "flags/0", "SCHED_FIFO"},
    };
    for (const Case& entry : cases) {
        const Failure failure = refusal_of(with(entry.scheduler));
        CAPTURE(failure.message());
        CHECK(failure.object == "/process/scheduler/" + std::string(entry.where));
        CHECK(test::has(failure.reason, entry.words));
    }
}

TEST_CASE("an I/O priority has a class of three and a level of eight", "[plan][scheduling]") {
    spec::Process process;
    for (const int level : {0, 7}) {
        process.io_priority = spec::IoPriority{.io_class = "IOPRIO_CLASS_BE", .priority = level};
        CHECK(planned(process).io_priority->level == level);
        CHECK(planned(process).io_priority->io_class == 2);
    }
    for (const int level : {-1, 8, 4096}) {
        process.io_priority = spec::IoPriority{.io_class = "IOPRIO_CLASS_RT", .priority = level};
        CHECK(refusal_of(process).object == "/process/ioPriority/priority");
    }
    for (const char* word : {"IOPRIO_CLASS_NONE", "BE", "ioprio_class_be"}) {
        process.io_priority = spec::IoPriority{.io_class = word, .priority = 0};
        CHECK(refusal_of(process).object == "/process/ioPriority/class");
        CHECK(test::has(refusal_of(process).hint, "IOPRIO_CLASS_IDLE"));
    }
}

TEST_CASE("the CPUs of exec are kept, and checked at their place", "[plan][scheduling]") {
    spec::Process process;
    process.exec_cpu_affinity = spec::ExecCpuAffinity{.initial = "0-3,7", .final = ""};
    const plan::ExecCpuAffinity affinity = planned(process).exec_cpu_affinity;
    CHECK(affinity.initial.text() == "0-3,7");
    CHECK(affinity.final.empty());
    process.exec_cpu_affinity = spec::ExecCpuAffinity{.initial = "0", .final = "1-"};
    CHECK(refusal_of(process).object == "/process/execCPUAffinity/final");
    process.exec_cpu_affinity = spec::ExecCpuAffinity{.initial = "8192", .final = "1"};
    CHECK(refusal_of(process).object == "/process/execCPUAffinity/initial");
}

TEST_CASE("who has CAP_SYS_NICE over the host sets the scheduling: the runtime if it can", "[plan][scheduling]") {
    constexpr std::uint64_t nice = std::uint64_t{1} << CAP_SYS_NICE;
    CHECK(planned({}, {.capabilities = nice, .initial_user_namespace = true}).by_runtime);
    CHECK_FALSE(planned({}, {.capabilities = nice, .initial_user_namespace = false}).by_runtime);
    CHECK_FALSE(planned({}, {.capabilities = ~nice, .initial_user_namespace = true}).by_runtime);
}
