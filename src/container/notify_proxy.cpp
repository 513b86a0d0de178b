#include "rt/container/notify_proxy.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "rt/base/errno_text.hpp"
#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/container/interruption.hpp"
#include "rt/host/service_manager.hpp"
#include "rt/os/file.hpp"
#include "rt/os/socket.hpp"
#include "rt/os/umask.hpp"
#include "rt/plan/notify.hpp"

namespace rt::container {

namespace {

// The first is closed to others, the second is what the container sees.
constexpr const char* closed_directory = "notify";
constexpr const char* open_directory = "notify/socket";

os::UniqueFd try_open_directory(int state_directory) {
    return os::try_open_at(state_directory, open_directory, O_PATH | O_DIRECTORY);
}

}  // namespace

std::string notify_directory(const Roots& roots, const std::string& id) {
    return concat(std::filesystem::absolute(roots.own).string(), "/", id, "/", open_directory);
}

void make_notify_directory(int state_directory) {
    const os::UmaskScope umask(0);
    if (::mkdirat(state_directory, closed_directory, 0700) < 0 ||
        ::mkdirat(state_directory, open_directory, 0755) < 0) {
        throw_errno("make the directory", open_directory);
    }
}

std::optional<NotifyProxy> NotifyProxy::open(int state_directory) {
    const os::UniqueFd directory = try_open_directory(state_directory);
    if (!directory) return std::nullopt;
    std::string manager = host::notify_socket();
    if (manager.empty()) return std::nullopt;
    return NotifyProxy(os::bind_datagrams_in(directory.get(), std::string(plan::notify_socket_name)),
                       std::move(manager));
}

void NotifyProxy::tell(const std::string& fields) const {
    const int code = os::try_send_datagram(manager_, fields);
    if (code != 0)
        log::warning(concat("NOTIFY_SOCKET: the service manager at '", manager_, "' is not told: ", errno_text(code)));
}

// The service manager asks the kernel which service a message comes from: not after its sender is gone (sd_notify(3), "Notes").
// It closes the descriptor when it has come to that.
void NotifyProxy::wait_until_read() const {
    constexpr int patience = 5000;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) return;
    const os::UniqueFd ours(ends[0]);
    os::UniqueFd theirs(ends[1]);
    if (os::try_send_datagram(manager_, "BARRIER=1", {theirs.get()}) != 0) return;
    theirs.reset();
    pollfd end{.fd = ours.get(), .events = 0, .revents = 0};
    ::poll(&end, 1, patience);
}

bool NotifyProxy::pass_on() {
    bool ready = false;
    while (const std::optional<std::string> message = os::try_receive_datagram(socket_.get())) {
        const std::string fields = plan::notify_fields(*message);
        if (fields.empty()) continue;
        tell(fields);
        ready = ready || plan::says_ready(fields);
    }
    return ready;
}

void NotifyProxy::await_ready(pid_t pid, int pidfd, os::HeldSignals* signals) {
    for (;;) {
        std::array<pollfd, 3> sources{
            {{.fd = socket_.get(), .events = POLLIN, .revents = 0},
             {.fd = pidfd, .events = POLLIN, .revents = 0},
             {.fd = signals == nullptr ? -1 : signals->fd(), .events = POLLIN, .revents = 0}}};
        if (::poll(sources.data(), sources.size(), -1) < 0 && errno != EINTR) throw_errno("wait for", "the container");
        if (sources[2].revents != 0) give_up_on_signal(*signals);
        if (pass_on()) {
            tell(concat("MAINPID=", pid, "\n"));
            return wait_until_read();
        }
        if (sources[1].revents != 0) return;
    }
}

}  // namespace rt::container
