#include "rt/analysis/process_attributes.hpp"

#include <csignal>

#include "catch.hpp"

using namespace rt;

namespace {

// As the kernel writes it (proc_pid_status(5)).
const std::string status =
    "Name:\tsleep\nUmask:\t0027\nState:\tS (sleeping)\nUid:\t100033\t100001\t100033\t100033\n"
    "Gid:\t200000\t200001\t200002\t200003\nGroups:\t5 100007 \nNSpid:\t4711\t1\n"
    "CapInh:\t0000000000000001\nCapPrm:\t00000000a80425fb\nCapEff:\t0000000000000020\nCapBnd:\t000001ffffffffff\n"
    "CapAmb:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";

}  // namespace

TEST_CASE("the attributes of a process are read as /proc has them", "[analysis]") {
    const auto process = analysis::parse_process_attributes(status);
    REQUIRE(process);
    CHECK(process->uid == 100001);
    CHECK(process->gid == 200001);
    CHECK(process->groups == std::vector<std::uint32_t>{5, 100007});
    CHECK(process->umask == 0027U);
    CHECK(process->capabilities.inheritable == 1);
    CHECK(process->capabilities.permitted == 0xa80425fb);
    CHECK(process->capabilities.effective == 0x20);
    CHECK(process->capabilities.bounding == 0x1ffffffffff);
    CHECK(process->capabilities.ambient == 0x400);
    CHECK(process->no_new_privileges);
    CHECK(process->seccomp_mode == 2);
    CHECK(process->seccomp_filters == 3U);
}

TEST_CASE("what an older kernel does not tell is absent, and another text is no process", "[analysis]") {
    const auto process = analysis::parse_process_attributes("Uid:\t1\t2\t3\t4\nGid:\t1\t2\t3\t4\nNoNewPrivs:\t0\n");
    REQUIRE(process);
    CHECK_FALSE(process->umask);
    CHECK_FALSE(process->seccomp_filters);
    CHECK_FALSE(process->no_new_privileges);
    CHECK_FALSE(analysis::parse_process_attributes(""));
    CHECK_FALSE(analysis::parse_process_attributes("Uid:\t1\nGid:\t1\t2\t3\t4\n"));
}

TEST_CASE("limits are read by the kernel's names", "[analysis]") {
    const auto limits = analysis::parse_limits(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max cpu time              unlimited            unlimited            seconds   \n"
        "Max open files            1024                 524288               files     \n"
        "Max something new         1                    2                    files     \n"
        "Max nice priority         0                    20                   \n");
    REQUIRE(limits.size() == 3);
    CHECK(limits[0].resource == RLIMIT_CPU);
    CHECK(limits[0].soft == RLIM_INFINITY);
    CHECK(limits[1].resource == RLIMIT_NOFILE);
    CHECK(limits[1].soft == 1024);
    CHECK(limits[1].hard == 524288);
    CHECK(limits[2].resource == RLIMIT_NICE);
    CHECK(limits[2].hard == 20);
    CHECK(analysis::parse_limits("").empty());
}

TEST_CASE("the first process of a pid namespace notices what it has a handler for, and what waits", "[analysis]") {
    // HUP is blocked, INT ignored, TERM has a handler: bits 0, 1 and 14 (proc_pid_status(5)).
    const std::string masks = "SigBlk:\t0000000000000001\nSigIgn:\t0000000000000002\nSigCgt:\t0000000000004000\n";
    for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGKILL, SIGSTOP})
        CHECK_FALSE(analysis::never_notices("NSpid:\t4711\t1\n" + masks, signal));
    for (const int signal : {SIGQUIT, SIGUSR1, SIGRTMAX})
        CHECK(analysis::never_notices("NSpid:\t4711\t1\n" + masks, signal));
    // Any other process ends; one without a pid namespace of its own is not told of as 1 by that.
    CHECK_FALSE(analysis::never_notices("NSpid:\t4711\t2\n" + masks, SIGQUIT));
    CHECK_FALSE(analysis::never_notices("NSpid:\t1\n" + masks, SIGQUIT));
    CHECK_FALSE(analysis::never_notices("", SIGQUIT));
}
