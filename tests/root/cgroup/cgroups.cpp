#include "cgroups.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"

namespace rt::test {

std::string unique_name() {
    static int count = 0;
    return concat("rt-test-", ::getpid(), "-", ++count);
}

UnifiedView::UnifiedView() {
    if (host::cgroup_layout().mode() == host::CgroupMode::unified) return;
    if (::mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, nullptr) < 0) throw_errno("mount", "cgroup2");
}

void in_each_layout(const std::function<void(Layout)>& test) {
    const host::CgroupMode mode = host::cgroup_layout().mode();
    if (mode == host::CgroupMode::none) SKIP_TEST("no cgroups are mounted");
    if (mode != host::CgroupMode::unified) {
        INFO("the machine's own mounts");
        test(Layout::as_mounted);
    }
    INFO("cgroup v2 only");
    const UnifiedView view;
    test(Layout::unified);
}

namespace {

[[noreturn]] void live(const std::function<int()>& work, int gate, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    char token = 0;
    if (::read(gate, &token, 1) != 1) ::_exit(1);
    ::_exit(work ? work() : 0);
}

}  // namespace

Process::Process(int birth_fd) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make", "a pipe");
    const os::UniqueFd inner(ends[0]);
    gate_.reset(ends[1]);
    const pid_t parent = ::getpid();
    std::optional<os::Clone> clone = os::try_clone_process(0, birth_fd);
    if (!clone) throw_errno("start", "a process");
    if (clone->pid == 0) {
        gate_.reset();
        live({}, inner.get(), parent);
    }
    pid_ = clone->pid;
    pidfd_ = std::move(clone->pidfd);
}

Process::Process(const std::function<int()>& work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make", "a pipe");
    const os::UniqueFd inner(ends[0]);
    gate_.reset(ends[1]);
    const pid_t parent = ::getpid();
    std::optional<os::Clone> clone = os::try_clone_process(0, -1);
    if (!clone) throw_errno("start", "a process");
    if (clone->pid == 0) {
        gate_.reset();
        live(work, inner.get(), parent);
    }
    pid_ = clone->pid;
    pidfd_ = std::move(clone->pidfd);
}

Process::~Process() {
    if (!pidfd_) return;
    os::try_send_signal(pidfd_.get(), SIGKILL);
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
}

bool Process::has_ended() const { return os::has_ended(pidfd_.get()); }

void Process::let_go() {
    if (::write(gate_.get(), "x", 1) != 1) throw_errno("let go", "a process");
}

int Process::finish() {
    let_go();
    const os::ExitStatus status = os::wait_for(pidfd_.get());
    pidfd_.reset();
    return status.signal != 0 ? -1 : status.status;
}

plan::Cgroup plan_at(const std::string& path, const std::vector<spec::DeviceRule>& devices) {
    spec::Linux linux;
    linux.cgroups_path = path;
    linux.resources.devices = devices;
    return plan::plan_cgroup(linux, "unused", host::cgroup_layout());
}

bool exists(const std::string& path) { return os::try_status_at(AT_FDCWD, path).has_value(); }

std::vector<std::string> left_of(const std::vector<std::string>& directories) {
    std::vector<std::string> left;
    for (const std::string& directory : directories) {
        if (exists(directory)) left.push_back(directory);
    }
    return left;
}

std::vector<std::string> outside_of(pid_t pid, const std::string& path) {
    // Once it was mounted anywhere, the kernel shows the v2 hierarchy here, whether it is in sight or not.
    const bool unified = host::cgroup_layout().unified() != nullptr;
    std::vector<std::string> lines;
    for (const std::string& line : split(os::read_file(AT_FDCWD, concat("/proc/", pid, "/cgroup")), '\n')) {
        const bool in_sight = unified || !line.starts_with("0::");
        if (!line.empty() && in_sight && !line.ends_with(":" + path)) lines.push_back(line);
    }
    return lines;
}

MadeByHand::MadeByHand(std::vector<std::string> directories) : directories_(std::move(directories)) {
    for (const std::string& directory : directories_) {
        if (::mkdir(directory.c_str(), 0755) < 0) throw_errno("make", directory);
        for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
            if (exists(directory + "/.." + file)) {
                os::try_write_file(AT_FDCWD, directory + file, os::read_file(AT_FDCWD, directory + "/.." + file));
            }
        }
    }
}

MadeByHand::~MadeByHand() {
    constexpr int most_tries = 200;
    for (const std::string& directory : directories_) {
        for (int tries = 0; ::rmdir(directory.c_str()) < 0 && errno == EBUSY && tries < most_tries; ++tries)
            ::usleep(5000);
    }
}

void set_frozen(const std::vector<std::string>& directories, bool frozen) {
    for (const std::string& directory : directories) {
        os::try_write_file(AT_FDCWD, directory + "/freezer.state", frozen ? "FROZEN" : "THAWED");
        os::try_write_file(AT_FDCWD, directory + "/cgroup.freeze", frozen ? "1" : "0");
    }
}

void move_into(pid_t pid, const std::vector<std::string>& directories) {
    for (const std::string& directory : directories) {
        os::write_file(AT_FDCWD, directory + "/cgroup.procs", std::to_string(pid));
    }
}

}  // namespace rt::test
