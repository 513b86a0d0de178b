#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "rt/plan/scope.hpp"
#include "rt/systemd/manager.hpp"

namespace rt::systemd {

/// The unit that holds a container. It is stopped when this object goes, unless it is released.
class Scope {
public:
    /// Nothing is made yet. `user` is whose manager it is, as for Manager::connect().
    Scope(Manager manager, plan::Scope plan, std::optional<uid_t> user) noexcept
        : manager_(std::move(manager)), plan_(std::move(plan)), user_(user) {}

    Scope(Scope&& other) noexcept;
    Scope& operator=(Scope&&) = delete;
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

    /// Makes the unit with the process in it, and closes the connection: a container may run for long, and its bus would keep
    /// messages for it. \throws Error
    void start(pid_t pid);

    /// It stays when this object goes.
    void release() noexcept { started_ = false; }

private:
    std::optional<Manager> manager_;
    plan::Scope plan_;
    std::optional<uid_t> user_;
    bool started_ = false;
};

}  // namespace rt::systemd
