#include "rt/container/child.hpp"

#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"

namespace rt::container {

Child& Child::operator=(Child&& other) noexcept {
    end();
    pid_ = other.pid_;
    pidfd_ = std::move(other.pidfd_);
    return *this;
}

Child::~Child() { end(); }

void Child::end() noexcept {
    if (!pidfd_) return;
    os::try_send_signal(pidfd_.get(), SIGKILL);
    try {
        os::wait_for(pidfd_.get());
    } catch (const Error& error) {
        log::debug(error.what());
    }
    pidfd_.reset();
}

os::ExitStatus Child::wait() {
    const os::ExitStatus status = os::wait_for(pidfd_.get());
    pidfd_.reset();
    return status;
}

}  // namespace rt::container
