#pragma once

#include <optional>
#include <string>

#include "rt/cgroup/cgroup.hpp"
#include "rt/container/attachment.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/host_hooks.hpp"
#include "rt/container/load.hpp"
#include "rt/init/line.hpp"
#include "rt/network/devices.hpp"
#include "rt/os/child.hpp"
#include "rt/os/open_files.hpp"
#include "rt/os/procfs.hpp"
#include "rt/os/signals.hpp"
#include "rt/plan/plan.hpp"
#include "rt/rdt/groups.hpp"
#include "rt/state/entry.hpp"
#include "rt/state/user_ranges.hpp"
#include "rt/systemd/scope.hpp"

namespace rt::container {

/// How the program of the new container will be started, and who gets its terminal.
enum class Start : std::uint8_t {
    on_request,  ///< create: by a later start
    at_once      ///< run: as soon as the container is recorded
};

/// A container that is made and not handed over yet. Each member undoes what it stands for: when an operation fails, the
/// process ends first, then its rootfs leaves a joined mount namespace, the network devices come back, its resctrl groups and
/// its cgroup go, then the state directory, and then the poststop hooks run.
struct Built {
    os::RaisedOpenFiles open_files;  ///< the first: whatever is undone needs files too
    Poststop poststop;
    plan::Plan plan;
    state::Entry entry;
    state::Record record;
    state::RangeClaim range;              ///< of ids, when the config was written with one that was chosen for it
    std::optional<systemd::Scope> scope;  ///< the unit of systemd that its cgroup belongs to
    cgroup::Cgroup cgroup;
    std::optional<rdt::Groups> rdt;
    std::optional<network::MovedDevices> network_devices;
    std::optional<Attached> attached;  ///< the rootfs in a joined mount namespace
    os::Child init;
    init::Line line;
    os::UniqueFd console;  ///< the master side of the terminal, when there is one

    /// Records the container with that status and lets init go on. \throws Error
    void commit(state::Status status);
    /// From now on the container lives on its own: nothing is undone any more.
    void release() noexcept;
};

/// The plan, and what of the machine is needed to carry it out: nothing is made yet.
struct Prepared {
    os::RaisedOpenFiles open_files;
    os::Procfs procfs;
    Loaded loaded;
};

/// Reads the bundle and makes the plan; systemd is waited for as long as no signal ends the work.
/// \throws Error; RestartSealed, before anything was made or told
Prepared prepare(const Roots& roots, const CreateOptions& options, os::HeldSignals& signals);

/// Makes the container up to the point where only start is missing: the runtime's side of the choreography. A signal that
/// arrives in `signals` meanwhile (INT, TERM, HUP, QUIT) ends the work. \throws Error
Built build(const Roots& roots, const CreateOptions& options, Start start, os::HeldSignals& signals, Prepared prepared);

/// What of the plan is recorded for whoever deletes the container or adds processes to it.
state::PrivateRecord private_record_of(const plan::Plan& plan);

/// Waits until init has been replaced by the program. \throws Error: init's failure, with the owners that only the host sees
void await_program(Built& built);

/// The signals that end the work of create, and that run passes on to the container.
std::vector<int> signals_to_hold();

}  // namespace rt::container
