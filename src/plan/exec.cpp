#include "rt/plan/exec.hpp"

#include <linux/capability.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

// What a process file leaves open is as for the first process of the container.
void complete(spec::Process& process, const spec::Process& first) {
    if (!process.user.umask) process.user.umask = first.user.umask;
    if (!process.capabilities) process.capabilities = first.capabilities;
    if (process.rlimits.empty()) process.rlimits = first.rlimits;
    if (!process.oom_score_adj) process.oom_score_adj = first.oom_score_adj;
    if (process.apparmor_profile.empty()) process.apparmor_profile = first.apparmor_profile;
    if (process.selinux_label.empty()) process.selinux_label = first.selinux_label;
    if (!process.scheduler) process.scheduler = first.scheduler;
    if (!process.io_priority) process.io_priority = first.io_priority;
    if (!process.exec_cpu_affinity) process.exec_cpu_affinity = first.exec_cpu_affinity;
}

// Never to inheritable: a program of the image with file capabilities would get it (CVE-2022-29162). Ambient follows that
// (capabilities(7)).
void add_capabilities(const std::vector<std::string>& names, std::optional<spec::Capabilities>& capabilities) {
    if (names.empty()) return;
    if (!capabilities) capabilities.emplace();
    for (const std::string& name : names) {
        for (auto* set : {&capabilities->bounding, &capabilities->permitted, &capabilities->effective}) {
            set->push_back(name);
        }
        const std::vector<std::string>& inheritable = capabilities->inheritable;
        if (std::ranges::find(inheritable, name) != inheritable.end()) capabilities->ambient.push_back(name);
    }
}

spec::Process process_of(const spec::Spec& spec, const ExecRequest& request, const UserFiles& files) {
    if (!spec.process) fail("start a process like that of", "/process", "it is not set in the config.json");
    spec::Process process = *spec.process;
    if (request.process) {
        process = *request.process;
        complete(process, *spec.process);
    } else {
        process.terminal = false;
    }
    if (!request.args.empty()) process.args = request.args;
    process.terminal = process.terminal || request.terminal;
    choose_user(request.user, files, process.user);
    if (!request.cwd.empty() && request.cwd[0] != '/') fail("use the directory", "--cwd", "it is not an absolute path");
    if (!request.cwd.empty()) process.cwd = request.cwd;
    process.env.insert(process.env.end(), request.env.begin(), request.env.end());
    add_capabilities(request.capabilities, process.capabilities);
    process.no_new_privileges = process.no_new_privileges || request.no_new_privileges;
    if (!request.apparmor_profile.empty()) process.apparmor_profile = request.apparmor_profile;
    if (!request.selinux_label.empty()) process.selinux_label = request.selinux_label;
    return process;
}

// All of them are joined by one setns(2) with a pidfd of init: the kernel then asks for the caller's rights over each, also
// where the user namespace is among them.
void plan_joins(const std::vector<NamespaceType>& own, const host::Facts& facts, Exec& exec) {
    for (const NamespaceType type : own) exec.namespaces |= clone_flag_of(type);
    if ((exec.namespaces & CLONE_NEWPID) == 0) return;
    exec.born_in_pid_namespace = facts.has_capability(CAP_SYS_ADMIN);
    exec.second_clone = !exec.born_in_pid_namespace;
    if (exec.born_in_pid_namespace) exec.namespaces &= ~std::uint64_t{CLONE_NEWPID};
}

bool has_own_root(const spec::Linux& linux_section) {
    const auto mount = std::ranges::find(linux_section.namespaces, NamespaceType::mount, &spec::Namespace::type);
    return mount != linux_section.namespaces.end() && !mount->path;
}

}  // namespace

Namespaces joined_namespaces(const ExecTarget& target) {
    Namespaces namespaces;
    for (const NamespaceType type : target.own_namespaces) {
        namespaces.joined.push_back(
            {.type = type, .path = concat("/proc/", target.state.pid, "/ns/", entry_of(type).proc_name)});
    }
    return namespaces;
}

Exec plan_exec(const spec::Spec& spec, const ExecRequest& request, const ExecTarget& target, const host::Facts& facts) {
    const spec::Process process = process_of(spec, request, target.files);
    check_terminal(process.terminal, request.detach, request.console_socket);
    const Namespaces namespaces = joined_namespaces(target);
    host::Facts known = facts;
    if (namespaces.has(NamespaceType::user)) known.joined_user_namespace = target.maps;
    Exec exec;
    // The mappings of config.json have become those of the namespace.
    exec.mappings = plan_user_mappings({}, namespaces, known, exec.warnings);
    exec.process = plan_process(process, namespaces, exec.mappings, known, exec.warnings,
                                choose_groups(spec.annotations, request.keep_groups));
    add_attributes(spec.linux, namespaces, known, exec.process);
    exec.process.session_keyring = target.session_keyring;
    exec.descriptors = plan_descriptors(request.preserve_fds, known.descriptors);
    announce_descriptors(exec.descriptors, exec.process.env);
    exec.setup_uid = exec.mappings.setup_uid(exec.process.credentials.uid);
    exec.setup_gid = exec.mappings.setup_gid(exec.process.credentials.gid);
    plan_joins(target.own_namespaces, known, exec);
    exec.enters_root = !has_own_root(spec.linux);
    exec.cgroups = plan_exec_cgroups(target.cgroups, request.cgroups, target.layout);
    exec.rdt = plan_rdt(spec.linux, target.state.id, known.resctrl);
    exec.state = target.state;
    return exec;
}

}  // namespace rt::plan
