#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::cgroup {

/// Notices when the kernel runs into the memory limit of a container's cgroup and has to kill (v2), or is about to (v1).
class OomWatch {
public:
    /// Nothing is noticed where no hierarchy has the memory controller. \throws Error
    explicit OomWatch(const std::vector<std::string>& directories);

    /// To poll(2) on: `events()` says for what; -1 when there is nothing to wait for.
    int fd() const noexcept { return fd_.get(); }
    short events() const noexcept;
    /// Whether it happened since the last call. The end of the cgroup is no such event.
    bool happened();

private:
    unsigned long kills() const;

    os::UniqueFd fd_;
    bool unified_ = false;
    unsigned long kills_ = 0;
    std::string directory_;
};

}  // namespace rt::cgroup
