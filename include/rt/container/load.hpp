#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rt/container/commands.hpp"
#include "rt/host/facts.hpp"
#include "rt/init/init.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/plan.hpp"
#include "rt/systemd/scope.hpp"

namespace rt::container {

/// The plan of a bundle, and the namespaces it joins, opened with the caller's rights.
struct Loaded {
    std::string config;  ///< the text of config.json
    plan::Plan plan;
    std::vector<init::OpenNamespace> namespaces;
    bool notifies = false;                ///< the program gets a socket to tell the service manager of its state by
    std::optional<uid_t> manager_user;    ///< whose manager of systemd makes the unit; empty: the system's
    std::optional<systemd::Scope> scope;  ///< with the systemd driver: still to be started
};

/// Adds to the facts what this config makes worth knowing. \throws Error
void add_facts(host::Facts& facts, const spec::Spec& spec, bool preserve_fds, const os::Procfs& procfs);

/// Reads the bundle's config.json, takes the facts of this machine and makes the plan; nothing is made yet.
/// systemd is asked only with the driver of that name; `wait` is how its answers are waited for.
/// \throws Error; RestartSealed, before systemd is asked
Loaded load(const Roots& roots, const CreateOptions& options, const os::Procfs& procfs, systemd::Wait wait);

}  // namespace rt::container
