#include "rt/host/namespace_switches.hpp"

#include <sched.h>

#include <cerrno>

#include "catch.hpp"
#include "refusal.hpp"
#include "unit/os/scratch.hpp"

using namespace rt;
using rt::test::Scratch;

namespace {

// As much of a /proc as is read.
class Proc {
public:
    Proc() {
        for (const char* directory : {"sys", "sys/user", "sys/kernel"}) scratch_.make_directory(directory);
    }
    void set(const std::string& name, const std::string& value) const {
        scratch_.make_file("sys/" + name, value + "\n");
    }
    host::NamespaceRefusal explain(std::uint64_t flags, int code) const {
        return host::explain_refused_namespaces(scratch_.fd(), flags, code);
    }
    std::string restriction() const { return host::hint_for_restricted_user_namespace(scratch_.fd()); }

private:
    Scratch scratch_;
};

}  // namespace

TEST_CASE("a limit of namespaces is named, that of 0 above all", "[namespace-switches]") {
    const Proc proc;
    proc.set("user/max_user_namespaces", "100");
    proc.set("user/max_pid_namespaces", "0");
    const auto both = proc.explain(CLONE_NEWUSER | CLONE_NEWPID, ENOSPC);
    CHECK(test::has(both.reason, "/proc/sys/user/max_pid_namespaces is 0"));
    CHECK(test::has(both.hint, "sysctl user.max_pid_namespaces="));
    for (const int code : {ENOSPC, EUSERS}) {
        const auto user = proc.explain(CLONE_NEWUSER, code);
        CHECK(test::has(user.reason, "max_user_namespaces 100"));
        CHECK(test::has(user.reason, "32 deep"));
    }
}

TEST_CASE("the switch that forbids user namespaces is named", "[namespace-switches]") {
    const Proc proc;
    CHECK(proc.explain(CLONE_NEWUSER, EPERM).reason.empty());
    CHECK(test::has(proc.explain(CLONE_NEWUSER, EPERM).hint, "chroot"));
    proc.set("kernel/unprivileged_userns_clone", "1");
    proc.set("kernel/apparmor_restrict_unprivileged_userns", "0");
    CHECK(proc.explain(CLONE_NEWUSER, EPERM).reason.empty());
    CHECK(proc.restriction().empty());
    proc.set("kernel/apparmor_restrict_unprivileged_userns", "1");
    for (const int code : {EPERM, EACCES}) {
        const auto refusal = proc.explain(CLONE_NEWUSER | CLONE_NEWPID, code);
        CHECK(test::has(refusal.reason, "AppArmor"));
        CHECK(test::has(refusal.hint, "/etc/apparmor.d"));
        CHECK(test::has(refusal.hint, "sysctl kernel.apparmor_restrict_unprivileged_userns=0"));
    }
    CHECK_FALSE(proc.restriction().empty());
    proc.set("kernel/unprivileged_userns_clone", "0");
    const auto refusal = proc.explain(CLONE_NEWUSER, EPERM);
    CHECK(test::has(refusal.reason, "/proc/sys/kernel/unprivileged_userns_clone is 0"));
    CHECK(test::has(refusal.hint, "sysctl kernel.unprivileged_userns_clone=1"));
}

TEST_CASE("other refusals", "[namespace-switches]") {
    const Proc proc;
    proc.set("kernel/unprivileged_userns_clone", "0");
    CHECK(test::has(proc.explain(CLONE_NEWPID, EPERM).hint, "CAP_SYS_ADMIN"));
    CHECK(proc.explain(CLONE_NEWUSER, EINVAL).hint.empty());
    CHECK(proc.explain(CLONE_NEWUSER, EINVAL).reason.empty());
}
