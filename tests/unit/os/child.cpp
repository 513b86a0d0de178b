#include "unit/os/child.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include "catch.hpp"

namespace rt::test {

namespace {

constexpr std::size_t longest_answer = 64U << 10;
constexpr auto no_user_namespace = "the host does not let this user make a user namespace";

// The first byte says that there is an answer. Shared memory: the work may close every descriptor.
void tell(char* shared, const std::string& text) {
    std::memcpy(shared + 1, text.c_str(), std::min(text.size() + 1, longest_answer - 2));
    shared[0] = 1;
}

// Catch2 catches the signals that mean a crash.
void forget_signal_handlers() {
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
    }
}

bool write_text(const char* path, const std::string& text) {
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(fd);
    return written;
}

bool become_root_of_user_namespace(int namespaces) {
    const std::string uid = std::to_string(::geteuid());
    const std::string gid = std::to_string(::getegid());
    return ::unshare(CLONE_NEWUSER | namespaces) == 0 && write_text("/proc/self/setgroups", "deny") &&
           write_text("/proc/self/uid_map", "0 " + uid + " 1") && write_text("/proc/self/gid_map", "0 " + gid + " 1");
}

}  // namespace

Child::Child(const Work& work)
    : shared_(static_cast<char*>(
          ::mmap(nullptr, longest_answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))),
      pid_(::fork()) {
    if (pid_ == 0) {
        forget_signal_handlers();
        try {
            tell(shared_, work());
        } catch (const std::exception& error) {
            tell(shared_, std::string("threw: ") + error.what());
        } catch (...) {  // a failed REQUIRE: the child must not go on as a second test program
            tell(shared_, "threw something");
        }
        ::_exit(0);
    }
    REQUIRE(pid_ > 0);
}

Child::~Child() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ::munmap(shared_, longest_answer);
}

bool Child::has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
}

std::string Child::answer() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    if (shared_[0] == 0) return "exit status " + std::to_string(WEXITSTATUS(status));
    return shared_ + 1;
}

std::string in_child(const Work& work) { return Child(work).answer(); }

std::string in_user_namespace(int namespaces, const Work& work) {
    std::string answer =
        in_child([&] { return become_root_of_user_namespace(namespaces) ? work() : std::string(no_user_namespace); });
    if (answer == no_user_namespace) SKIP_TEST(answer);
    return answer;
}

}  // namespace rt::test
