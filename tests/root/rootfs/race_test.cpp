#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

// Lets a directory and a symbolic link to the host change places as long as the calling process lives.
void exchange_for_ever(const std::string& one, const std::string& other) {
    const pid_t parent = ::getpid();
    if (::fork() != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int descriptor = 3; descriptor < 64; ++descriptor) ::close(descriptor);  // the parent's pipes
    while (::getppid() == parent) ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    ::_exit(0);
}

}  // namespace

TEST_CASE("a path that turns into a link to the host and back while it is mounted on", "[rootfs][race]") {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.config.mounts = {{.destination = "/volume/a/new/point", .type = "tmpfs", .source = "inside"},
                            {.destination = "/volume/a/file", .type = "none", .source = "source", .options = {"bind"}},
                            {.destination = "/volume/a/old", .type = "tmpfs", .source = "inside"}};
    wanted.config.linux.readonly_paths = {"/volume/a/old"};
    wanted.config.linux.masked_paths = {"/volume/a/new"};
    wanted.arrange = [](const std::string& bundle) {
        for (const char* name :
             {"/canary", "/canary/old", "/rootfs/volume", "/rootfs/volume/a", "/rootfs/volume/a/old"}) {
            make_directory(bundle + name);
        }
        make_file(bundle + "/source");
        make_link(bundle + "/rootfs/volume/b", bundle + "/canary");
        exchange_for_ever(bundle + "/rootfs/volume/a", bundle + "/rootfs/volume/b");
    };
    wanted.inside = [](int) { return std::string("made"); };
    wanted.outside = [](const std::string& bundle) {
        const os::UniqueFd canary = os::open_at(AT_FDCWD, bundle + "/canary", O_RDONLY);
        const os::UniqueFd old = os::open_at(AT_FDCWD, bundle + "/canary/old", O_RDONLY);
        return concat(join(os::names_in(canary.get(), "canary"), ","), " ", os::names_in(old.get(), "old").size(), " ",
                      content("/proc/self/mountinfo").find(" inside ") == std::string::npos ? "no mount" : "a mount");
    };
    int made = 0;
    for (int round = 0; round < 200; ++round) {
        const RootfsResult result = run_in_rootfs(wanted);
        INFO(result.inside);
        CHECK(result.outside == "old 0 no mount");
        CHECK((result.inside == "made" || result.inside.compare(0, 6, "error:") == 0));
        made += static_cast<int>(result.inside == "made");
    }
    INFO("made in " << made << " of 200 rounds");
    CHECK(made > 0);
}
