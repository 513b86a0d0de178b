#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/host/cgroup_layout.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/cgroup.hpp"
#include "rt/plan/container_state.hpp"
#include "rt/plan/descriptors.hpp"
#include "rt/plan/hooks.hpp"
#include "rt/plan/namespace_steps.hpp"
#include "rt/plan/namespaces.hpp"
#include "rt/plan/network.hpp"
#include "rt/plan/process.hpp"
#include "rt/plan/rdt.hpp"
#include "rt/plan/rootfs.hpp"
#include "rt/plan/sysctl.hpp"
#include "rt/plan/time_offsets.hpp"
#include "rt/plan/uts_names.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// What the user asked for besides the config.
struct Request {
    std::string id;
    std::string bundle;           ///< absolute path
    unsigned preserve_fds = 0;    ///< descriptors of the caller that the program gets, from 3 on
    std::string session_keyring;  ///< name of the one that the process gets; empty: it has that of the caller
    bool keep_groups = false;     ///< the process has the supplementary groups of the caller
    bool no_pivot = false;        ///< the rootfs is entered without pivot_root(2)
    bool idmap_rootfs = false;    ///< what the disk has as its ids, the container sees as its
    CgroupDriver cgroup_driver = CgroupDriver::cgroupfs;
    SystemdManager systemd;       ///< for the driver of that name
    bool detach = false;          ///< nobody stays with the container
    bool console_socket = false;  ///< somebody gets the other side of the terminal
};

/// What will be done to make one container, with nothing left to decide.
struct Plan {
    std::string oci_version;
    std::string id;
    std::string bundle;
    std::map<std::string, std::string> annotations;
    Namespaces namespaces;
    NamespaceSteps namespace_steps;
    std::vector<ClockOffset> time_offsets;
    Descriptors descriptors;
    UserMappings mappings;
    std::uint32_t setup_uid = 0;  ///< what init is while it prepares the rootfs, as the container counts
    std::uint32_t setup_gid = 0;
    Rootfs rootfs;
    Cgroup cgroup;
    std::optional<Rdt> rdt;
    std::optional<Process> process;  ///< absent: the container can be created, not started
    UtsNames uts_names;
    Network network;
    std::vector<Sysctl> sysctl;
    Hooks hooks;
    std::vector<std::string> warnings;  ///< for the log, once the plan is made
};

/// Makes the plan; everything that can be refused without trying is refused here. Pure.
/// \throws Error with the JSON pointer
Plan make_plan(const spec::Spec& spec, const Request& request, const host::Facts& facts,
               const host::CgroupLayout& cgroups);

/// The state that hooks and a seccomp agent are told; `pid` as they count pids.
ContainerState state_of(const Plan& plan, Status status, pid_t pid);

}  // namespace rt::plan
