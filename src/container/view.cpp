#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/processes.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/status.hpp"
#include "rt/os/file.hpp"
#include "rt/state/reader.hpp"

namespace rt::container {

namespace {

std::vector<std::string> shown_roots(const Roots& roots) {
    std::vector<std::string> all = roots.also_shown;
    if (!roots.own.empty()) all.insert(all.begin(), roots.own);
    return all;
}

std::vector<pid_t> processes_of_pid_namespace(const state::Record& record, const os::Procfs& procfs) {
    std::vector<pid_t> found;
    bool denied = false;
    for (const std::string& name : os::names_in(procfs.fd(), "/proc")) {
        const auto pid = parse_number<pid_t>(name);
        if (!pid) continue;
        // Asking for a namespace of a process of somebody else needs CAP_SYS_PTRACE (proc(5)).
        const auto status = os::try_status_at(procfs.fd(), concat(*pid, "/ns/pid"));
        if (!status) denied = denied || errno == EACCES || errno == EPERM;
        if (status && status->st_ino == record.pid_namespace) found.push_back(*pid);
    }
    if (found.empty() && denied) {
        fail("list the processes of", record.id, "it has no cgroup, and its pid namespace may not be looked at",
             "run rt as root");
    }
    return found;
}

// Without a pid namespace of its own the end of the first process is not that of the others.
bool may_have_processes(const state::Record& record) {
    return !record.cgroups.empty() && record.pid_namespace == 0 && is_of_this_boot(record, os::Procfs::open());
}

}  // namespace

View view(const Roots& roots, const std::string& id) {
    const os::Procfs procfs = os::Procfs::open();
    for (const std::string& root : shown_roots(roots)) {
        std::optional<state::Record> record = state::try_read_record(root, id);
        if (!record) continue;
        const state::Status status = status_now(*record, procfs);
        return {.root = root, .record = *std::move(record), .status = status};
    }
    fail("find", id, "container does not exist", "rt list shows the containers");
}

std::vector<View> list(const Roots& roots) {
    if (roots.given && !os::try_status_at(AT_FDCWD, roots.own)) throw_errno("list the containers of", roots.own);
    const os::Procfs procfs = os::Procfs::open();
    std::vector<View> views;
    for (const std::string& root : shown_roots(roots)) {
        const std::optional<state::Reader> reader = state::Reader::try_open(root);
        if (!reader) continue;
        for (const std::string& id : reader->ids()) {
            try {
                std::optional<state::Record> record = reader->try_read(id);
                if (!record) continue;  // it is just being made or deleted
                const state::Status status = status_now(*record, procfs);
                views.push_back({.root = root, .record = *std::move(record), .status = status});
            } catch (const Error& error) {
                log::warning(error.what());
            }
        }
    }
    std::ranges::stable_sort(views, {}, [](const View& entry) -> const std::string& { return entry.record.id; });
    return views;
}

std::map<std::string, std::string> annotations(const View& container) {
    const std::optional<state::Reader> reader = state::Reader::try_open(container.root);
    std::optional<state::PrivateRecord> secret;
    if (reader) secret = reader->try_read_private(container.record.id);
    return secret ? std::move(secret->annotations) : std::map<std::string, std::string>();
}

std::vector<pid_t> processes(const View& container) {
    const bool stopped = container.status == state::Status::stopped;
    if (container.record.pid == 0 || (stopped && !may_have_processes(container.record))) return {};
    std::vector<pid_t> pids;
    if (!container.record.cgroups.empty()) {
        pids = cgroup::processes(container.record.cgroups);
    } else if (container.record.pid_namespace != 0) {
        pids = processes_of_pid_namespace(container.record, os::Procfs::open());
    } else {
        pids = {container.record.pid};
    }
    std::ranges::sort(pids);
    return pids;
}

}  // namespace rt::container
