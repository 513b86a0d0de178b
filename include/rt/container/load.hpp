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

/// What is read of a bundle.
struct Bundle {
    std::string directory;    ///< absolute
    std::string config_path;  ///< of config.json, for messages
    std::string config;       ///< its text
};

/// Reads the config.json of the bundle. \throws Error
Bundle read_bundle(const CreateOptions& options);

/// Adds to the facts what this config makes worth knowing. \throws Error
void add_facts(host::Facts& facts, const spec::Spec& spec, bool preserve_fds, const os::Procfs& procfs);

/// Takes the facts of this machine and makes the plan for the config; nothing is made yet.
/// systemd is asked only with the driver of that name; `wait` is how its answers are waited for.
/// \throws Error; RestartSealed, before systemd is asked
Loaded load(const Roots& roots, const CreateOptions& options, Bundle bundle, const os::Procfs& procfs,
            systemd::Wait wait);

}  // namespace rt::container
