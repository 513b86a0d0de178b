#include "host.hpp"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace crash {

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> cgroups_of(const std::string& prefix) {
    std::vector<fs::path> found;
    std::error_code error;
    for (const fs::directory_entry& hierarchy : fs::directory_iterator("/sys/fs/cgroup", error)) {
        if (hierarchy.is_symlink() || !hierarchy.is_directory()) continue;
        if (hierarchy.path().filename().string().starts_with(prefix)) found.push_back(hierarchy.path());
        for (const fs::directory_entry& group : fs::directory_iterator(hierarchy.path(), error)) {
            if (group.path().filename().string().starts_with(prefix)) found.push_back(group.path());
        }
    }
    return found;
}

std::vector<pid_t> children() {
    const std::string self = std::to_string(::getpid());
    std::ifstream file("/proc/self/task/" + self + "/children");
    return {std::istream_iterator<pid_t>(file), {}};
}

void thaw_and_end(const fs::path& directory) {
    std::error_code error;
    std::ofstream(directory / "freezer.state") << "THAWED";
    std::ofstream(directory / "cgroup.freeze") << "0";
    std::ifstream processes(directory / "cgroup.procs");
    for (pid_t pid = 0; processes >> pid;) ::kill(pid, SIGKILL);
    for (const fs::directory_entry& child : fs::directory_iterator(directory, error)) {
        if (child.is_directory()) thaw_and_end(child.path());
    }
    for (int tries = 0; ::rmdir(directory.c_str()) < 0 && errno == EBUSY && tries < 100; ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace

Said::Said() : fd_(::memfd_create("said", MFD_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("no file in memory");
}

Said::~Said() { ::close(fd_); }

std::string Said::text() const {
    std::string text(1U << 16, '\0');
    const ssize_t length = ::pread(fd_, text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
}

void execute(const std::vector<std::string>& command) {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::vector<char*> words;
    words.reserve(command.size() + 1);
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    ::_exit(127);
}

Answer run(const std::vector<std::string>& command, std::chrono::seconds patience) {
    const Said said;
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("no process");
    if (pid == 0) {
        ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
        ::dup2(said.fd(), STDOUT_FILENO);
        ::dup2(said.fd(), STDERR_FILENO);
        execute(command);
    }
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    pollfd end{.fd = pidfd, .events = POLLIN, .revents = 0};
    const bool hung = ::poll(&end, 1, static_cast<int>(patience.count()) * 1000) == 0;
    ::close(pidfd);
    if (hung) ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    constexpr int killed = 128;
    return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : killed + WTERMSIG(status),
            .hung = hung,
            .text = said.text()};
}

std::set<std::string> look_at_host(const std::string& directory, const std::string& prefix) {
    std::set<std::string> found;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory, error))
        found.insert("file " + entry.path().string());
    for (const fs::path& group : cgroups_of(prefix)) found.insert("cgroup " + group.string());
    std::ifstream mounts("/proc/self/mountinfo");
    for (std::string line; std::getline(mounts, line);) found.insert("mount " + line);
    return found;
}

std::vector<std::string> children_left(std::chrono::milliseconds patience, std::size_t expected) {
    const Clock::time_point deadline = Clock::now() + patience;
    for (;;) {
        const pid_t pid = ::waitpid(-1, nullptr, WNOHANG | __WALL);
        if (pid < 0) return {};
        if (pid > 0) continue;
        if (expected > 0 && children().size() <= expected) return {};
        if (Clock::now() > deadline) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::vector<std::string> left;
    for (const pid_t pid : children()) {
        const std::string directory = "/proc/" + std::to_string(pid);
        left.push_back(std::to_string(pid) + " " + text_of(directory + "/comm") + text_of(directory + "/syscall") +
                       text_of(directory + "/stack"));
    }
    return left;
}

std::vector<std::string> limits_of(const std::string& prefix) {
    std::vector<std::string> values;
    for (const fs::path& top : cgroups_of(prefix)) {
        for (const fs::path& group : {top, top / "box"}) {
            for (const char* name : {"pids.max", "cpu.shares", "cpu.weight"}) {
                if (fs::exists(group / name)) values.push_back(text_of(group / name));
            }
        }
    }
    return values;
}

void clean_up(const std::string& prefix) {
    for (const fs::path& group : cgroups_of(prefix)) thaw_and_end(group);
    for (int tries = 0; tries < 20; ++tries) {
        for (const pid_t pid : children()) ::kill(pid, SIGKILL);
        if (children_left(std::chrono::milliseconds(200)).empty()) return;
    }
}

}  // namespace crash
