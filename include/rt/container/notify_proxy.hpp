#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "rt/container/roots.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/signals.hpp"

namespace rt::container {

/// The directory of the host that the container sees as that of its socket, absolute.
std::string notify_directory(const Roots& roots, const std::string& id);
/// Makes it in the state directory of the container: nobody else on the host gets there. \throws Error
void make_notify_directory(int state_directory);

/// Receives what the program of a container tells the service manager (sd_notify(3)), and tells the caller's: that one takes
/// messages only from the processes it knows.
class NotifyProxy {
public:
    /// Empty when the container was created without one, or the caller has no service manager now. \throws Error
    static std::optional<NotifyProxy> open(int state_directory);

    /// To poll(2) on.
    int fd() const noexcept { return socket_.get(); }
    /// Passes on all that has come; whether the service is ready now. A service manager that is gone is no error.
    bool pass_on();

    /// Passes on until the service is ready or has ended, and says which process it is: the caller ends and the container stays.
    /// \throws Error: interrupted by one of the signals
    void await_ready(pid_t pid, int pidfd, os::HeldSignals* signals);

private:
    NotifyProxy(os::UniqueFd socket, std::string manager) : socket_(std::move(socket)), manager_(std::move(manager)) {}

    void tell(const std::string& fields) const;
    void wait_until_read() const;

    os::UniqueFd socket_;
    std::string manager_;
};

}  // namespace rt::container
