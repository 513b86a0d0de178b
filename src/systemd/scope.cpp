#include "rt/systemd/scope.hpp"

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"

namespace rt::systemd {

Scope::Scope(Scope&& other) noexcept
    : manager_(std::move(other.manager_)),
      plan_(std::move(other.plan_)),
      user_(other.user_),
      started_(std::exchange(other.started_, false)) {}

Scope::~Scope() {
    if (!started_) return;
    try {
        Manager::connect(user_).stop(plan_.unit);
    } catch (const std::exception& error) {
        log::warning(concat("a unit of systemd may be left behind: ", error.what()));
    }
}

void Scope::start(pid_t pid) {
    const Job job = manager_->start_scope(plan_, pid);
    started_ = true;
    manager_->await_start(job, plan_.unit);
    manager_.reset();
}

}  // namespace rt::systemd
