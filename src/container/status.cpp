#include "rt/container/status.hpp"

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/shortage.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/freezer.hpp"
#include "rt/os/process.hpp"
#include "rt/state/reader.hpp"

namespace rt::container {

namespace {

// A container that only cannot be looked at is not taken for one that has ended: it would be deleted.
void require_seen(pid_t pid, int code) {
    if (is_shortage(code)) throw_errno("look at", concat("process ", pid), code);
}

bool is_init(const state::Record& record, const os::Procfs& procfs) {
    if (record.pid == 0) return false;
    const auto process = os::try_process_status(procfs, record.pid);
    if (!process) require_seen(record.pid, errno);
    return process && process->start_time == record.start_time && process->state != 'Z' && process->state != 'X' &&
           is_of_this_boot(record, procfs);
}

}  // namespace

bool is_of_this_boot(const state::Record& record, const os::Procfs& procfs) {
    return record.boot_id == os::boot_id(procfs);
}

state::Status status_now(const state::Record& record, const os::Procfs& procfs) {
    // Between taking the id and the birth of init there is no process to ask for.
    if (record.status == state::Status::creating && record.pid == 0 && is_of_this_boot(record, procfs))
        return record.status;
    if (!is_init(record, procfs)) return state::Status::stopped;
    return cgroup::is_frozen(record.cgroups) ? state::Status::paused : record.status;
}

os::UniqueFd try_open_init(const state::Record& record, const os::Procfs& procfs) {
    if (record.pid == 0) return {};
    os::UniqueFd pidfd = os::try_open_pidfd(record.pid);
    if (!pidfd) require_seen(record.pid, errno);
    if (!pidfd || !is_init(record, procfs)) return {};
    return pidfd;
}

plan::ContainerState state_of(const state::Record& record, const state::PrivateRecord& secret, state::Status status) {
    plan::ContainerState state;
    state.oci_version = record.oci_version;
    state.id = record.id;
    state.status = status;
    state.pid = status == state::Status::stopped ? 0 : record.pid;
    state.bundle = record.bundle;
    state.annotations = secret.annotations;
    return state;
}

Opened open_container(const Roots& roots, const std::string& id, const std::string& doing) {
    std::optional<state::Entry> entry = roots.own.empty() ? std::nullopt : state::Entry::try_open(roots.own, id);
    std::optional<state::Record> record;
    if (entry) record = entry->try_read();
    if (!record) {
        for (const std::string& root : roots.also_shown) {
            if (!state::try_read_record(root, id)) continue;
            throw_errno(doing, id, EPERM, concat("it was started by root (", root, ")"), "run rt as root");
        }
        fail(doing, id, "container does not exist",
             concat("rt list shows the containers", roots.own.empty() ? "" : concat(" of ", roots.own)));
    }
    return {.entry = *std::move(entry), .record = *std::move(record)};
}

}  // namespace rt::container
