// The rootfs entered without pivot_root(2): what stays below it must be out of reach.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "catch.hpp"
#include "container.hpp"
#include "rt/base/errno_text.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

using namespace rt;
using namespace rt::test;

namespace {

RootfsCase no_pivot_case(bool user_namespace) {
    RootfsCase wanted;
    wanted.config.root.path = "rootfs";
    wanted.user_namespace = user_namespace;
    wanted.no_pivot = true;
    wanted.config.mounts = {{.destination = "/proc", .type = "proc", .source = "proc"},
                            {.destination = "/tmp", .type = "tmpfs", .source = "tmpfs"}};
    wanted.arrange = [](const std::string& bundle) {
        for (const char* name : {"/rootfs/proc", "/rootfs/tmp"}) make_directory(bundle + name, 0777);
        make_file(bundle + "/rootfs/is", "the rootfs");
    };
    return wanted;
}

// The result of `work` in a child of the container.
std::string in_container_child(const std::function<std::string()>& work) {
    int ends[2];
    if (::pipe(ends) < 0) return "pipe";
    const pid_t pid = ::fork();
    if (pid == 0) {
        const std::string result = work();
        ::write(ends[1], result.data(), result.size()) < 0 ? ::_exit(1) : ::_exit(0);
    }
    ::close(ends[1]);
    std::string result = os::read_all(ends[0], "result");
    ::close(ends[0]);
    ::waitpid(pid, nullptr, 0);
    return result;
}

// A new proc, mounted by root of a user namespace made here.
std::string mount_proc_nested() {
    return in_container_child([]() -> std::string {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0) return concat("unshare ", errno_name(errno));
        return in_container_child([]() -> std::string {
            return ::mount("proc", "/tmp", "proc", 0, nullptr) < 0 ? errno_name(errno) : "mounted";
        });
    });
}

// chroot(2), "BUGS": the root directory below the working directory is no wall.
std::string content_after_escape() {
    return in_container_child([]() -> std::string {
        ::mkdir("/tmp/below", 0755);
        const int here = ::open("/", O_RDONLY | O_DIRECTORY);
        if (::chroot("/tmp/below") < 0 || ::fchdir(here) < 0) return concat("chroot ", errno_name(errno));
        for (int i = 0; i < 64; ++i) {
            if (::chdir("..") < 0) return concat("chdir ", errno_name(errno));
        }
        if (::chroot(".") < 0) return concat("chroot ", errno_name(errno));
        return content("/is");
    });
}

}  // namespace

TEST_CASE("without pivot_root the rootfs is the root, and mountinfo knows nothing else", "[rootfs][no-pivot]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = no_pivot_case(user_namespace);
        wanted.config.linux.masked_paths = {"/proc/keys"};
        wanted.config.root.readonly = true;
        wanted.inside = [](int) {
            std::vector<std::string> points;
            for (const std::string& line : split(content("/proc/self/mountinfo"), '\n')) {
                const std::string point = line.empty() ? "" : split(line, ' ')[4];
                // In a user namespace the devices are bound one by one.
                if (!point.empty() && !point.starts_with("/dev/")) points.push_back(point);
            }
            std::ranges::sort(points);
            return concat(content("/is"), " ", try_write("/x", "x"), " ", join(points, " "));
        };
        CHECK(run_in_rootfs(wanted).inside == "the rootfs EROFS / /proc /proc/keys /tmp");
    }
}

TEST_CASE("without pivot_root a user namespace made inside gets no proc without what is masked", "[rootfs][no-pivot]") {
    for (const bool no_pivot : {false, true}) {
        for (const bool user_namespace : {false, true}) {
            INFO((no_pivot ? "no pivot" : "pivot") << (user_namespace ? ", user namespace" : ""));
            RootfsCase wanted = no_pivot_case(user_namespace);
            wanted.no_pivot = no_pivot;
            wanted.config.linux.masked_paths = {"/proc/keys"};
            wanted.inside = [](int) { return mount_proc_nested(); };
            CHECK(run_in_rootfs(wanted).inside == "EPERM");
            // Nothing masked: then it is allowed, as everywhere. This is what the kernel looks at.
            wanted.config.linux.masked_paths.clear();
            CHECK(run_in_rootfs(wanted).inside == "mounted");
        }
    }
}

TEST_CASE("without pivot_root nobody gets out by chroot", "[rootfs][no-pivot]") {
    for (const bool user_namespace : {false, true}) {
        INFO("user namespace: " << user_namespace);
        RootfsCase wanted = no_pivot_case(user_namespace);
        wanted.inside = [](int) { return content_after_escape(); };
        CHECK(run_in_rootfs(wanted).inside == "the rootfs");
    }
}

TEST_CASE("without pivot_root nothing of the host is unmounted", "[rootfs][no-pivot]") {
    RootfsCase wanted = no_pivot_case(false);
    const auto arrange = wanted.arrange;
    wanted.arrange = [arrange](const std::string& bundle) {
        arrange(bundle);
        // As systemd has it: what is done to a shared mount is done to its peers.
        ::mount(nullptr, "/", nullptr, MS_SHARED | MS_REC, nullptr);
        make_file(bundle + "/before", content("/proc/self/mountinfo"));
    };
    wanted.inside = [](int) { return content("/is"); };
    wanted.outside = [](const std::string& bundle) {
        return content(bundle + "/before") == content("/proc/self/mountinfo") ? std::string("same")
                                                                              : content("/proc/self/mountinfo");
    };
    const RootfsResult result = run_in_rootfs(wanted);
    CHECK(result.inside == "the rootfs");
    CHECK(result.outside == "same");
}
