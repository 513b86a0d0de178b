#include "rt/os/child.hpp"

#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"

namespace rt::os {

Child& Child::operator=(Child&& other) noexcept {
    end();
    pid_ = other.pid_;
    pidfd_ = std::move(other.pidfd_);
    return *this;
}

Child::~Child() { end(); }

void Child::end() noexcept {
    if (!pidfd_) return;
    try_send_signal(pidfd_.get(), SIGKILL);
    try {
        wait_for(pidfd_.get());
    } catch (const Error& error) {
        log::debug(error.what());
    }
    pidfd_.reset();
}

ExitStatus Child::wait() {
    const ExitStatus status = wait_for(pidfd_.get());
    pidfd_.reset();
    return status;
}

}  // namespace rt::os
