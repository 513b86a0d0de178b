#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "rt/plan/rdt.hpp"

namespace rt::rdt {

/// The absolute directories that create() is going to make and that go with the container, parents first: what a record names
/// before any of them is made, and what remove() is given. A class that others may share is not among them.
std::vector<std::string> directories_to_remove(const plan::Rdt& plan);

/// The resctrl groups of a container. Removes what it made unless it is released; of a class that others may share only when no
/// process is in it.
class Groups {
public:
    /// Makes the class or checks the one that is there, writes its schemata, makes the monitoring group.
    /// \throws Error that says what the kernel says (info/last_cmd_status); nothing that was made is left
    static Groups create(const plan::Rdt& plan);

    /// Those that a container has already. Nothing is removed.
    static Groups existing(const plan::Rdt& plan) { return Groups(plan); }

    Groups(Groups&& other) noexcept = default;
    Groups& operator=(Groups&&) = delete;
    Groups(const Groups&) = delete;
    Groups& operator=(const Groups&) = delete;
    ~Groups();

    /// Moves a process, and what it will fork, into the class and the monitoring group. \throws Error
    void join(pid_t pid) const;

    /// They stay when this object goes.
    void release() noexcept { made_.clear(); }

private:
    explicit Groups(plan::Rdt plan) : plan_(std::move(plan)) {}

    void make_class();
    void make_monitoring_group();

    plan::Rdt plan_;
    std::vector<std::string> made_;  ///< parents first
};

/// Removes the directories, the last one first; what is gone is no error. \throws Error
void remove(const std::vector<std::string>& directories);

}  // namespace rt::rdt
