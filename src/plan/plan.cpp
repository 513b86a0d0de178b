#include "rt/plan/plan.hpp"

#include <linux/capability.h>

#include "rt/plan/idmapped_rootfs.hpp"
#include "rt/plan/mount_circumstances.hpp"

namespace rt::plan {

namespace {

MountNamespace mount_namespace_of(const Namespaces& namespaces) {
    if (namespaces.creates(NamespaceType::mount)) return MountNamespace::created;
    return namespaces.joins(NamespaceType::mount) ? MountNamespace::joined : MountNamespace::none;
}

RootfsCircumstances circumstances_of(const Plan& plan, const Request& request, const host::Facts& facts) {
    RootfsCircumstances circumstances;
    circumstances.mounts = mount_circumstances(plan.namespaces, plan.mappings, plan.setup_uid, plan.setup_gid, facts);
    circumstances.mounts.bundle = request.bundle;
    circumstances.mounts.cgroup = view_of(plan.cgroup);
    circumstances.hooks_before_entering = plan.hooks.any_before_entering();
    circumstances.no_pivot = request.no_pivot;
    circumstances.idmap_rootfs = request.idmap_rootfs;
    circumstances.mount_namespace = mount_namespace_of(plan.namespaces);
    return circumstances;
}

void add_cgroup(Plan& plan, const spec::Spec& spec, const Request& request, const host::Facts& facts,
                const host::CgroupLayout& layout) {
    const CgroupRequest wanted{
        .driver = request.cgroup_driver, .manager = request.systemd, .annotations = spec.annotations};
    plan.cgroup = plan_cgroup(spec.linux, request.id, layout, wanted);
    plan.cgroup.owner = plan_cgroup_owner(spec, plan.namespaces, plan.mappings, plan.cgroup.mode);
    // Without the capability nobody gives away what is theirs (chown(2)).
    if (plan.cgroup.owner != facts.uid && !facts.has_capability(CAP_CHOWN)) plan.cgroup.owner.reset();
    plan.warnings.insert(plan.warnings.end(), plan.cgroup.warnings.begin(), plan.cgroup.warnings.end());
}

}  // namespace

Plan make_plan(const spec::Spec& spec, const Request& request, const host::Facts& facts,
               const host::CgroupLayout& cgroups) {
    Plan plan;
    plan.oci_version = spec.oci_version;
    plan.id = request.id;
    plan.bundle = request.bundle;
    plan.annotations = spec.annotations;
    plan.namespaces = plan_namespaces(spec.linux, facts.paths_to_own);
    plan.namespace_steps = plan_namespace_steps(plan.namespaces, facts);
    plan.time_offsets = plan_time_offsets(spec.linux, plan.namespaces);
    plan.mappings = plan_user_mappings(spec.linux, plan.namespaces, facts, plan.warnings);
    plan.uts_names = plan_uts_names(spec, plan.namespaces);
    plan.network = plan_network(spec.linux, plan.namespaces, facts, plan.warnings);
    plan.sysctl = plan_sysctl(spec.linux, plan.namespaces, plan.mappings);
    plan.descriptors = plan_descriptors(request.preserve_fds, facts.descriptors);
    check_terminal(spec.process && spec.process->terminal, request.detach, request.console_socket);
    const Groups groups = choose_groups(spec.annotations, request.keep_groups);
    if (spec.process) {
        plan.process = plan_process(*spec.process, plan.namespaces, plan.mappings, facts, plan.warnings, groups);
        plan.process->makes_cwd = true;
        announce_descriptors(plan.descriptors, plan.process->env);
    }
    // Checked without a process too: nothing in config.json is wrong unnoticed.
    Process without_program{.no_new_privileges = true};
    add_attributes(spec.linux, plan.namespaces, facts, plan.process ? *plan.process : without_program);
    if (plan.process) plan.process->session_keyring = request.session_keyring;
    plan.setup_uid = plan.mappings.setup_uid(spec.process ? spec.process->user.uid : 0);
    plan.setup_gid = plan.mappings.setup_gid(spec.process ? spec.process->user.gid : 0);
    add_cgroup(plan, spec, request, facts, cgroups);
    plan.rdt = plan_rdt(spec.linux, request.id, facts.resctrl);
    plan.hooks = plan_hooks(spec.hooks);
    RootfsCircumstances circumstances = circumstances_of(plan, request, facts);
    circumstances.mounts.selinux_label = plan_mount_label(spec.linux, facts);
    plan.rootfs = plan_rootfs(spec, std::move(circumstances), plan.warnings);
    // What an option has asked for is known later by the same word as what the config asks for.
    if (request.idmap_rootfs && plan.rootfs.id_mapping)
        plan.annotations[std::string(rootfs_idmap_annotation)] = plan.rootfs.id_mapping->recursive ? "ridmap" : "idmap";
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
