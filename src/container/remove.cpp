#include "rt/container/remove.hpp"

#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/freezer.hpp"
#include "rt/cgroup/processes.hpp"
#include "rt/container/attachment.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/host_hooks.hpp"
#include "rt/container/status.hpp"
#include "rt/container/systemd_manager.hpp"
#include "rt/os/process.hpp"
#include "rt/plan/free_ids.hpp"
#include "rt/rdt/groups.hpp"
#include "rt/state/user_ranges.hpp"

namespace rt::container {

namespace {

// A process in uninterruptible sleep may outlive SIGKILL for long: delete then says so instead of hanging.
constexpr int longest_wait_milliseconds = 10000;

void end_init(const state::Record& record, const os::Procfs& procfs) {
    const os::UniqueFd init = try_open_init(record, procfs);
    if (!init) return;
    os::try_send_signal(init.get(), SIGKILL);
    // What v1 has frozen does not die before it is thawed.
    if (cgroup::is_frozen(record.cgroups)) cgroup::thaw(record.cgroups);
    if (!os::has_ended(init.get(), longest_wait_milliseconds)) {
        fail("end", concat("process ", record.pid), "it does not react to signal 9 (KILL)",
             "it waits in the kernel, for a disk or a network file system perhaps; try again later");
    }
}

void require_removable(const std::string& id, state::Status status) {
    if (status == state::Status::stopped || status == state::Status::created) return;
    fail(concat("delete container ", id, " that is not stopped"), "", std::string(name_of(status)),
         concat("stop it first (rt kill ", id, "), or use rt delete --force ", id));
}

// A create that was killed leaves a directory without a record, or with one that cannot be read.
std::optional<state::Record> read_whatever_is_there(const state::Entry& entry, bool force) {
    try {
        return entry.try_read();
    } catch (const Error& error) {
        // What could not be read this time is no damage: the container would go on without anybody who knows it.
        if (!force || error.failure().code != 0) throw;
        log::warning(concat(error.what(), "; only the state directory is removed"));
        return std::nullopt;
    }
}

// Absent when create was killed before it could write it: then no hook has run either.
state::PrivateRecord read_private(const state::Entry& entry) {
    try {
        return entry.try_read_private().value_or(state::PrivateRecord());
    } catch (const Error& error) {
        log::warning(concat(error.what(), "; its poststop hooks are not run"));
        return {};
    }
}

void take_back(const state::Record& record) {
    cgroup::kill_all(record.cgroups);
    if (record.attachment) detach(*record.attachment, os::Procfs::open());
    stop_unit(record);
    cgroup::remove(record.made_cgroups);
    rdt::remove(record.made_rdt_groups);
}

void remove_entry(state::Entry& entry, const state::Record& record, const state::PrivateRecord& secret) {
    entry.remove();
    if (plan::has_chosen_range(secret.annotations)) state::give_back_range(entry.root(), entry.id());
    // A hook may call rt, and the id is free.
    entry.unlock();
    run_poststop_hooks(secret.hooks.of(plan::HookKind::poststop), state_of(record, secret, state::Status::stopped));
}

}  // namespace

void remove_recorded(state::Entry& entry, const state::Record& record, const os::Procfs& procfs) {
    const state::PrivateRecord secret = read_private(entry);
    end_init(record, procfs);
    if (is_of_this_boot(record, procfs)) take_back(record);
    remove_entry(entry, record, secret);
}

void remove_ended(state::Entry& entry, const state::Record& record, const state::PrivateRecord& secret) {
    if (!entry.try_lock_again()) return;
    const trace::Span span("remove the container");
    take_back(record);
    remove_entry(entry, record, secret);
}

void remove_if_there(const Roots& roots, const std::string& id) {
    std::optional<state::Entry> entry = state::Entry::try_open(roots.own, id);
    const std::optional<state::Record> record = entry ? entry->try_read() : std::nullopt;
    if (record) remove_recorded(*entry, *record, os::Procfs::open());
}

void remove(const Roots& roots, const std::string& id, bool force) {
    std::optional<state::Entry> entry = roots.own.empty() ? std::nullopt : state::Entry::try_open(roots.own, id);
    if (!entry && force) return;
    if (!entry) fail("delete", id, "container does not exist", "rt list shows the containers");
    const std::optional<state::Record> record = read_whatever_is_there(*entry, force);
    if (!record && !force) require_removable(id, state::Status::creating);
    if (!record) return entry->remove();
    const os::Procfs procfs = os::Procfs::open();
    if (!force) require_removable(id, status_now(*record, procfs));
    during(concat("delete container ", id), [&] { remove_recorded(*entry, *record, procfs); });
}

}  // namespace rt::container
