#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "rt/plan/scope.hpp"
#include "rt/systemd/connection.hpp"

namespace rt::systemd {

/// How long systemd may take for an answer, and for a job.
inline constexpr std::chrono::milliseconds usual_patience{30000};

/// What systemd is doing because of a call.
struct Job {
    std::string path;
    std::string sender;  ///< the manager's name on the bus
};

/// A manager of systemd: the system's, or that of a user (org.freedesktop.systemd1(5)).
class Manager {
public:
    /// Connects to it. `user` is whose manager it is, as the initial user namespace counts; empty: the system's.
    /// \throws Error: nobody answers
    static Manager connect(std::optional<uid_t> user, Wait wait = wait_for_socket);

    Manager(Connection connection, bool of_user) : connection_(std::move(connection)), of_user_(of_user) {}

    /// What the plan has to know of it. \throws Error
    plan::SystemdManager facts();

    /// Has the transient scope made, with the process in it. A unit of that name that has failed before is forgotten first.
    /// \throws Error: a unit of that name is in use, a property is refused; then nothing is made
    Job start_scope(const plan::Scope& scope, pid_t pid);
    /// Waits until it is there. \throws Error: the job failed, or takes too long
    void await_start(const Job& job, const std::string& unit);

    /// Changes properties of a unit until the next boot. \throws Error
    void set_properties(const std::string& unit, const std::vector<plan::UnitProperty>& properties);

    /// Stops the unit and waits until it has ended; a failed one is forgotten. One that does not exist is no error.
    /// \throws Error
    void stop(const std::string& unit);

private:
    Message call(std::string member, std::string signature, std::string body);
    Message call_bus(std::string member, std::string text);
    static Message require(Message answer, const std::string& doing, const std::string& unit);
    std::string property(const std::string& name);
    void require_same_pids();
    void ask_for_signals();
    std::string result_of(const Job& job);
    void forget_failed(const std::string& unit);

    Connection connection_;
    bool of_user_;
};

}  // namespace rt::systemd
