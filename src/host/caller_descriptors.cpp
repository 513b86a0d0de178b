#include "rt/host/caller_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace rt::host {

namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = ::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

unsigned count_open() noexcept {
    constexpr int first = 3;
    int next = first;
    // What has come through an execve(2) is not close-on-exec.
    while (::fcntl(next, F_GETFD) == 0) ++next;
    return static_cast<unsigned>(next - first);
}

}  // namespace

CallerDescriptors take_caller_descriptors(bool asked) {
    CallerDescriptors caller;
    caller.listen_fds = variable("LISTEN_FDS");
    if (caller.listen_fds) {
        caller.own_pid = ::getpid();
        caller.listen_pid = variable("LISTEN_PID");
        caller.listen_names = variable("LISTEN_FDNAMES");
    }
    if (asked || caller.listen_fds) caller.open = count_open();
    return caller;
}

}  // namespace rt::host
