#include "rt/plan/plan.hpp"

#include <linux/capability.h>

namespace rt::plan {

namespace {

// Id 0 where the namespace has it; otherwise the one id that is certain to exist: that of the process.
std::uint32_t setup_id(const UserMappings& mappings, const IdMappings& map, std::uint32_t process_id) {
    if (!mappings.mapped || map.to_host(0)) return 0;
    return map.to_host(process_id) ? process_id : map.entries().front().container_id;
}

MountNamespace mount_namespace_of(const Namespaces& namespaces) {
    if (namespaces.creates(NamespaceType::mount)) return MountNamespace::created;
    return namespaces.joins(NamespaceType::mount) ? MountNamespace::joined : MountNamespace::none;
}

RootfsCircumstances circumstances_of(const Plan& plan, const Request& request, const host::Facts& facts) {
    RootfsCircumstances circumstances;
    circumstances.mounts.bundle = request.bundle;
    circumstances.mounts.user_namespace = plan.namespaces.has(NamespaceType::user);
    circumstances.mounts.own_pid_namespace = plan.namespaces.has(NamespaceType::pid);
    circumstances.mounts.own_ipc_namespace = plan.namespaces.has(NamespaceType::ipc);
    circumstances.mounts.own_network_namespace = plan.namespaces.has(NamespaceType::network);
    // A node made inside any user namespace but the first could not be opened (mknod(2), user_namespaces(7)).
    circumstances.mounts.makes_devices = facts.initial_user_namespace && facts.has_capability(CAP_MKNOD);
    circumstances.mounts.mappings = plan.mappings;
    circumstances.mounts.owner_uid =
        plan.mappings.mapped ? plan.mappings.uid_to_host(plan.setup_uid).value_or(0) : facts.uid;
    circumstances.mounts.owner_gid =
        plan.mappings.mapped ? plan.mappings.gid_to_host(plan.setup_gid).value_or(0) : facts.gid;
    circumstances.mounts.cgroup = view_of(plan.cgroup);
    circumstances.hooks_before_entering = plan.hooks.any_before_entering();
    circumstances.no_pivot = request.no_pivot;
    circumstances.mount_namespace = mount_namespace_of(plan.namespaces);
    circumstances.mounts.trees_by_runtime = facts.has_capability(CAP_SYS_ADMIN);
    circumstances.mounts.initial_user_namespace = facts.initial_user_namespace;
    return circumstances;
}

// Checked without a process too: nothing in config.json is wrong unnoticed.
std::optional<Seccomp> plan_filter(const spec::Spec& spec, const Namespaces& namespaces, const host::Facts& facts) {
    if (!spec.linux.seccomp) return std::nullopt;
    // Whoever enters a user namespace holds every capability in it (user_namespaces(7)).
    const bool privileged = namespaces.has(NamespaceType::user) || facts.has_capability(CAP_SYS_ADMIN);
    return plan_seccomp(*spec.linux.seccomp, {.known_flags = facts.seccomp_flags,
                                              .no_new_privileges = !spec.process || spec.process->no_new_privileges,
                                              .privileged = privileged});
}

// What /linux sets for whatever runs in the container; checked without a process as well.
void add_attributes(const spec::Linux& linux_section, const host::Facts& facts, std::optional<Process>& process) {
    std::optional<MemoryPolicy> memory_policy;
    std::optional<unsigned long> personality;
    if (linux_section.memory_policy) memory_policy = plan_memory_policy(*linux_section.memory_policy, facts);
    if (linux_section.personality) personality = plan_personality(*linux_section.personality);
    if (!process) return;
    process->memory_policy = std::move(memory_policy);
    process->personality = personality;
}

}  // namespace

Plan make_plan(const spec::Spec& spec, const Request& request, const host::Facts& facts,
               const host::CgroupLayout& cgroups) {
    Plan plan;
    plan.oci_version = spec.oci_version;
    plan.id = request.id;
    plan.bundle = request.bundle;
    plan.annotations = spec.annotations;
    plan.namespaces = plan_namespaces(spec.linux);
    plan.namespace_steps = plan_namespace_steps(plan.namespaces, facts);
    plan.time_offsets = plan_time_offsets(spec.linux, plan.namespaces);
    plan.mappings = plan_user_mappings(spec.linux, plan.namespaces, facts, plan.warnings);
    plan.uts_names = plan_uts_names(spec, plan.namespaces);
    plan.network = plan_network(spec.linux, plan.namespaces, facts, plan.warnings);
    plan.sysctl = plan_sysctl(spec.linux, plan.namespaces, plan.mappings);
    plan.descriptors = plan_descriptors(request.preserve_fds, facts.descriptors);
    if (spec.process) {
        plan.process = plan_process(*spec.process, plan.namespaces, plan.mappings, facts, plan.warnings);
        announce_descriptors(plan.descriptors, plan.process->env);
    }
    std::optional<Seccomp> seccomp = plan_filter(spec, plan.namespaces, facts);
    if (plan.process) plan.process->seccomp = std::move(seccomp);
    add_attributes(spec.linux, facts, plan.process);
    if (plan.process) plan.process->session_keyring = request.session_keyring;
    plan.setup_uid = setup_id(plan.mappings, plan.mappings.uids, spec.process ? spec.process->user.uid : 0);
    plan.setup_gid = setup_id(plan.mappings, plan.mappings.gids, spec.process ? spec.process->user.gid : 0);
    plan.cgroup = plan_cgroup(spec.linux, request.id, cgroups);
    plan.cgroup.owner = plan_cgroup_owner(spec, plan.namespaces, plan.mappings, plan.cgroup.mode);
    plan.rdt = plan_rdt(spec.linux, request.id, facts.resctrl);
    plan.hooks = plan_hooks(spec.hooks);
    RootfsCircumstances circumstances = circumstances_of(plan, request, facts);
    circumstances.mounts.selinux_label = plan_mount_label(spec.linux, facts);
    plan.rootfs = plan_rootfs(spec, std::move(circumstances), plan.warnings);
    return plan;
}

ContainerState state_of(const Plan& plan, Status status, pid_t pid) {
    ContainerState state;
    state.oci_version = plan.oci_version;
    state.id = plan.id;
    state.status = status;
    state.pid = pid;
    state.bundle = plan.bundle;
    state.annotations = plan.annotations;
    return state;
}

}  // namespace rt::plan
