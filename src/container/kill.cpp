#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/freezer.hpp"
#include "rt/cgroup/processes.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/status.hpp"
#include "rt/os/process.hpp"

namespace rt::container {

namespace {

// Without a pid namespace of its own the death of init ends nobody else.
bool shares_pid_namespace(const state::Record& record) { return record.pid_namespace == 0; }

}  // namespace

void kill(const Roots& roots, const std::string& id, int signal) {
    const Opened container = open_container(roots, id, "kill");
    const os::Procfs procfs = os::Procfs::open();
    const bool all =
        signal == SIGKILL && shares_pid_namespace(container.record) && is_of_this_boot(container.record, procfs);
    const os::UniqueFd init = try_open_init(container.record, procfs);
    if (all && !cgroup::processes(container.record.cgroups).empty()) {
        cgroup::kill_all(container.record.cgroups);
        return;
    }
    const int code = init ? os::try_send_signal(init.get(), signal) : ESRCH;
    // What v1 has frozen does not die before it is thawed.
    if (code == 0 && signal == SIGKILL && cgroup::is_frozen(container.record.cgroups))
        cgroup::thaw(container.record.cgroups);
    if (code == ESRCH) fail("kill", id, "container not running", "rt state " + id + " shows its status");
    if (code != 0) throw_errno(concat("send signal ", signal, " to"), id, code);
}

void kill_all(const Roots& roots, const std::string& id, int signal) {
    const Opened container = open_container(roots, id, "kill");
    const std::vector<std::string>& cgroups = container.record.cgroups;
    if (cgroups.empty()) {
        fail("kill all processes of", id, "it has no cgroup of its own, by which rt knows them",
             concat("rt kill ", id, " sends the signal to its first process"));
    }
    if (!is_of_this_boot(container.record, os::Procfs::open())) return;
    if (signal == SIGKILL) {
        cgroup::kill_all(cgroups);
    } else {
        cgroup::signal_all(cgroups, signal);
    }
}

}  // namespace rt::container
