#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/container_state.hpp"
#include "rt/plan/descriptors.hpp"
#include "rt/plan/exec_cgroup.hpp"
#include "rt/plan/exec_user.hpp"
#include "rt/plan/namespaces.hpp"
#include "rt/plan/process.hpp"
#include "rt/plan/rdt.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// What the user asks for. Each value goes before that of the process file, and that before the one of config.json.
struct ExecRequest {
    std::optional<spec::Process> process;  ///< of the process file
    std::vector<std::string> args;         ///< empty: those of the process file
    bool terminal = false;
    bool detach = false;          ///< the caller does not stay with the process
    bool console_socket = false;  ///< its terminal goes to somebody else
    UserWords user;
    std::string cwd;                        ///< empty: not given
    std::vector<std::string> env;           ///< "NAME=value", added
    std::vector<std::string> capabilities;  ///< added
    bool keep_groups = false;               ///< it has the supplementary groups of the caller
    bool no_new_privileges = false;         ///< set in any case
    std::string apparmor_profile;
    std::string selinux_label;
    unsigned preserve_fds = 0;
    std::vector<std::string> cgroups;  ///< [CONTROLLER[,CONTROLLER]:]PATH below the cgroup of the container
};

/// The running container, as it was found.
struct ExecTarget {
    ContainerState state;  ///< with the pid of its init
    std::string session_keyring;
    std::vector<std::string> cgroups;           ///< absolute directories, one for each hierarchy
    std::vector<NamespaceType> own_namespaces;  ///< those of its init that are not those of rt
    host::UserNamespaceMaps maps;               ///< of its user namespace, when that is not the one of rt
    UserFiles files;                            ///< read when uses_names() says so
    host::CgroupLayout layout;                  ///< taken when uses_controllers() says so
};

/// A further process of a running container, with nothing left to decide.
struct Exec {
    Process process;
    UserMappings mappings;
    Descriptors descriptors;
    std::uint32_t setup_uid = 0;  ///< what the process is until it has everything set
    std::uint32_t setup_gid = 0;
    std::uint64_t namespaces = 0;  ///< CLONE_NEW*: joined all at once by the process itself, with the caller's rights
    /// The runtime joins the pid namespace for its children, so that the process is born there. Otherwise, where it may not,
    /// the process joins it too, and clones once more.
    bool born_in_pid_namespace = false;
    bool second_clone = false;
    /// The root directory of the container is not that of its mount namespace: entered by chroot(2).
    bool enters_root = false;
    std::vector<ExecCgroup> cgroups;
    std::optional<Rdt> rdt;
    ContainerState state;  ///< for a seccomp agent
    std::vector<std::string> warnings;
};

/// The namespaces of the container that are not those of rt.
Namespaces joined_namespaces(const ExecTarget& target);

/// Makes the plan from the config.json that the container was made of; everything that can be refused without trying is
/// refused here. Pure. \throws Error
Exec plan_exec(const spec::Spec& spec, const ExecRequest& request, const ExecTarget& target, const host::Facts& facts);

}  // namespace rt::plan
