#pragma once

#include <sys/types.h>

#include "rt/os/process.hpp"

namespace rt::os {

/// A child process that is killed and reaped when its owner gives up.
class Child {
public:
    Child() noexcept = default;
    Child(pid_t pid, UniqueFd pidfd) noexcept : pid_(pid), pidfd_(std::move(pidfd)) {}
    Child(Child&& other) noexcept = default;
    Child& operator=(Child&& other) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    pid_t pid() const noexcept { return pid_; }
    int pidfd() const noexcept { return pidfd_.get(); }

    /// Waits for its end. \throws Error
    ExitStatus wait();
    /// From now on it lives on its own.
    void release() noexcept { pidfd_.reset(); }

private:
    void end() noexcept;

    pid_t pid_ = 0;
    UniqueFd pidfd_;
};

}  // namespace rt::os
