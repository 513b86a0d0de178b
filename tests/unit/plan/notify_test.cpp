#include "rt/plan/notify.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace rt;

namespace {

spec::Spec with_mount_namespace() {
    spec::Spec spec;
    spec.process.emplace();
    spec.linux.namespaces = {{.type = NamespaceType::mount, .path = {}}};
    return spec;
}

}  // namespace

TEST_CASE("the program is told of a socket that the caller's service manager hears of", "[plan][notify]") {
    spec::Spec spec = with_mount_namespace();
    CHECK(plan::pass_notify_socket(spec, "/run/rt/web/notify/socket"));
    REQUIRE(spec.mounts.size() == 1);
    CHECK(spec.mounts[0].source == "/run/rt/web/notify/socket");
    CHECK(std::ranges::find(spec.mounts[0].options, "ro") != spec.mounts[0].options.end());
    REQUIRE(spec.process->env.size() == 1);
    CHECK(spec.process->env[0] == "NOTIFY_SOCKET=" + spec.mounts[0].destination + "/notify.sock");
}

TEST_CASE("without a program, without mounts, and where the config has its own, there is none", "[plan][notify]") {
    spec::Spec spec = with_mount_namespace();
    spec.process->env = {"NOTIFY_SOCKET=/run/theirs"};
    CHECK_FALSE(plan::pass_notify_socket(spec, "/d"));
    CHECK(spec.process->env.size() == 1);
    spec = with_mount_namespace();
    spec.linux.namespaces.clear();
    CHECK_FALSE(plan::pass_notify_socket(spec, "/d"));
    spec = with_mount_namespace();
    spec.process.reset();
    CHECK_FALSE(plan::pass_notify_socket(spec, "/d"));
    CHECK(spec.mounts.empty());
}

TEST_CASE("of a message goes on what is about the service, and no pid", "[plan][notify]") {
    CHECK(plan::notify_fields("READY=1\nSTATUS=up and running\nMAINPID=7\nFDSTORE=1\nX_OWN=1") ==
          "READY=1\nSTATUS=up and running\n");
    CHECK(plan::notify_fields("RELOADING=1\nMONOTONIC_USEC=12\n\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC=5\nERRNO=2\n") ==
          "RELOADING=1\nMONOTONIC_USEC=12\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC=5\nERRNO=2\n");
    CHECK(plan::notify_fields("MAINPID=1").empty());
    CHECK(plan::notify_fields("").empty());
    CHECK(plan::notify_fields("NOTREADY=1\nready=1").empty());
}

TEST_CASE("ready is said by READY=1 alone", "[plan][notify]") {
    CHECK(plan::says_ready("STATUS=x\nREADY=1\n"));
    CHECK_FALSE(plan::says_ready("READY=0\n"));
    CHECK_FALSE(plan::says_ready("READY=11\nSTATUS=READY=1\n"));
    CHECK_FALSE(plan::says_ready(""));
}
