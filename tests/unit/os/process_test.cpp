#include "rt/os/process.hpp"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/os/command.hpp"
#include "unit/os/child.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;

namespace {

template <class Work>
os::Clone start(Work work) {
    std::optional<os::Clone> clone = os::try_clone_process(0, -1);
    REQUIRE(clone);
    if (clone->pid == 0) {
        work();
        ::_exit(0);
    }
    return std::move(*clone);
}

}  // namespace

TEST_CASE("a process ends with a status or by a signal, and a shell shows both in one number", "[os][process]") {
    const os::Clone exits = start([] { ::_exit(42); });
    const os::ExitStatus exited = os::wait_for(exits.pidfd.get());
    CHECK(exited.status == 42);
    CHECK(exited.signal == 0);
    CHECK(exited.shell_status() == 42);

    const os::Clone dies = start([] { ::raise(SIGKILL); });
    const os::ExitStatus killed = os::wait_for(dies.pidfd.get());
    CHECK(killed.signal == SIGKILL);
    CHECK(killed.shell_status() == 137);
}

TEST_CASE("a process that runs is not waited for, and its pidfd tells when it has ended", "[os][process]") {
    const os::Clone clone = start([] { ::pause(); });
    CHECK_FALSE(os::try_wait_for(clone.pidfd.get()));
    CHECK_FALSE(os::has_ended(clone.pidfd.get()));
    CHECK(os::try_send_signal(clone.pidfd.get(), 0) == 0);
    CHECK(os::try_send_signal(clone.pidfd.get(), SIGUSR1) == 0);
    while (!os::has_ended(clone.pidfd.get())) ::sched_yield();
    const auto status = os::try_wait_for(clone.pidfd.get());
    REQUIRE(status);
    CHECK(status->signal == SIGUSR1);
    CHECK(os::try_send_signal(clone.pidfd.get(), SIGUSR1) == ESRCH);
    CHECK_THROWS_AS(os::wait_for(clone.pidfd.get()), Error);
}

TEST_CASE("waiting for one child leaves the others to those who know them", "[os][process]") {
    const os::Clone other = start([] { ::_exit(3); });
    const os::Clone clone = start([] { ::_exit(4); });
    CHECK(os::wait_for(clone.pidfd.get()).status == 4);
    CHECK(os::wait_for(other.pidfd.get()).status == 3);
}

TEST_CASE("a pidfd is opened for a process that exists", "[os][process]") {
    CHECK(os::try_open_pidfd(::getpid()));
    CHECK_FALSE(os::try_open_pidfd(4194305));
    CHECK((errno == ESRCH || errno == EINVAL));
}

TEST_CASE("a namespace is made, or the refusal names it", "[os][process]") {
    const std::string made = rt::test::in_user_namespace(0, [] {
        os::unshare_namespaces(CLONE_NEWUTS | CLONE_NEWIPC);
        return std::string("made");
    });
    CHECK(made == "made");
    const std::string refused = rt::test::in_child([]() -> std::string {
        os::unshare_namespaces(CLONE_NEWUTS | CLONE_NEWNET | CLONE_PTRACE);  // one that unshare(2) does not know
        return "made";
    });
    CHECK(refused == "threw: cannot make the namespaces 'network, uts': invalid argument (EINVAL)");
    CHECK(os::try_join_namespace(-1, 0) == EBADF);
}

TEST_CASE("the flags of a process are set and taken back", "[os][process]") {
    const std::string answer = rt::test::in_child([] {
        std::string text;
        int value = 0;
        for (const bool on : {false, true}) {
            os::set_dumpable(on);
            text += std::to_string(::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
        }
        for (const int signal : {SIGKILL, 0}) {
            os::set_parent_death_signal(signal);
            ::prctl(PR_GET_PDEATHSIG, &value, 0, 0, 0);
            text += " " + std::to_string(value);
        }
        return text;
    });
    CHECK(answer == "01 9 0");
    CHECK_THROWS_AS(os::set_parent_death_signal(1000), Error);
}

TEST_CASE("another program's output and end are known, and a missing one is an answer", "[os][process]") {
    const rt::test::Scratch scratch;
    const std::string script = scratch.make_file("script", "#!/bin/sh\necho \"$#:$1:$2\"; exit 7\n", 0755);
    const auto output = os::try_run(script, {"a b", "*"});
    REQUIRE(output);
    CHECK(output->text == "2:a b:*\n");
    CHECK(output->status.status == 7);
    CHECK_FALSE(os::try_run(scratch / "missing", {}));
    CHECK_FALSE(os::try_run(scratch.make_file("plain", "x", 0644), {}));
}
