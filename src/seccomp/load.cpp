#include "rt/seccomp/load.hpp"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <ctime>

#include "rt/os/socket.hpp"

namespace rt::seccomp {

namespace {

// The descriptor of the listener, or 0 without one; -1 with errno set.
int try_load(const Program& program, std::uint32_t flags) noexcept {
    const sock_fprog argument{.len = static_cast<unsigned short>(program.size()),
                              .filter = const_cast<sock_filter*>(program.data())};
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &argument));
}

[[noreturn]] void throw_load_error(int code) {
    throw_errno(
        "load", "the system call filter", code, "",
        code == EBUSY ? "a filter that rt itself runs under has a listener, and the kernel allows only one" : "");
}

constexpr int not_loaded_yet = -1;
constexpr int refused = -2;

// What the two threads share. The one under the filter cannot wake the other, nor sleep: both look.
struct Handover {
    os::UniqueFd agent;
    const std::string& text;
    const std::function<void(Failure)>& give_up;
    std::atomic<int> listener = not_loaded_yet;
    std::atomic<bool> done = false;
};

int hand_over(void* argument) {
    auto& handover = *static_cast<Handover*>(argument);
    int listener = not_loaded_yet;
    while ((listener = handover.listener.load(std::memory_order_acquire)) == not_loaded_yet) {
        constexpr timespec pause{.tv_sec = 0, .tv_nsec = 50'000};
        ::nanosleep(&pause, nullptr);
    }
    if (listener == refused) {
        handover.done.store(true, std::memory_order_release);
        return 0;
    }
    const int code = os::try_send_stream(handover.agent.get(), handover.text, {listener});
    ::close(listener);
    handover.agent.reset();
    if (code != 0) {
        handover.give_up({.doing = "send the state to",
                          .object = "the seccomp agent",
                          .code = code,
                          .hint = "it must keep its connection and read from it (/linux/seccomp/listenerPath)"});
    }
    handover.done.store(true, std::memory_order_release);
    return 0;
}

// Not on the stack or the heap of the caller, who may be gone while the thread is still about to end.
alignas(16) std::array<std::byte, 256U << 10> thread_stack;

void start_thread(Handover& handover) {
    constexpr int thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    const int tid = ::clone(hand_over, thread_stack.data() + thread_stack.size(), thread, &handover);
    if (tid >= 0) {
        // Beside one of the same real-time policy that does not sleep it would never run on a lone processor. What the kernel
        // keeps from real-time tasks for others (sched(7), sched_rt_runtime_us) is for it.
        const sched_param no_priority{};
        ::sched_setscheduler(tid, SCHED_OTHER, &no_priority);
        return;
    }
    throw_errno("start a thread for", "the seccomp agent", errno, "",
                errno == EAGAIN ? "RLIMIT_NPROC or pids.limit must leave room for it; the policy SCHED_DEADLINE allows "
                                  "none without SCHED_FLAG_RESET_ON_FORK"
                                : "");
}

}  // namespace

os::UniqueFd connect_to_agent(const std::string& path) {
    os::UniqueFd agent = os::try_connect_stream(path);
    if (agent) return agent;
    throw_errno("connect to the seccomp agent at", path, errno, "",
                "the agent must listen there, on a socket of the type SOCK_STREAM (/linux/seccomp/listenerPath)");
}

void load(const Program& program, std::uint32_t flags) {
    if (try_load(program, flags) < 0) throw_load_error(errno);
}

void load_for_agent(const Program& program, std::uint32_t flags, os::UniqueFd agent, const std::string& text,
                    const std::function<void(Failure)>& give_up) {
    Handover handover{.agent = std::move(agent), .text = text, .give_up = give_up};
    start_thread(handover);
    const int listener = try_load(program, flags);
    const int code = errno;
    handover.listener.store(listener < 0 ? refused : listener, std::memory_order_release);
    while (!handover.done.load(std::memory_order_acquire)) {
    }
    if (listener < 0) throw_load_error(code);
}

}  // namespace rt::seccomp
