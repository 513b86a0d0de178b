#include <nlohmann/json.hpp>

#include "rt/base/namespace_type.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/host/seccomp.hpp"
#include "rt/plan/capabilities.hpp"
#include "rt/plan/free_ids.hpp"
#include "rt/plan/groups_annotation.hpp"
#include "rt/plan/hooks.hpp"
#include "rt/plan/idmapped_rootfs.hpp"
#include "rt/plan/memory_policy.hpp"
#include "rt/plan/mount_options.hpp"
#include "rt/plan/scope.hpp"
#include "rt/plan/seccomp_names.hpp"
#include "rt/spec/version.hpp"
#include "rt/version.hpp"

namespace rt::cli {

namespace {

using nlohmann::ordered_json;

/// The names of a table that the parser of config.json uses too.
template <class Table>
ordered_json names_of(const Table& table) {
    ordered_json names = ordered_json::array();
    for (const auto& entry : table) names.push_back(entry.name);
    return names;
}

ordered_json mount_option_names() {
    ordered_json names = ordered_json::array();
    for (const plan::MountOption& option : plan::mount_options()) {
        if (option.kind == plan::MountOptionKind::unsupported) continue;
        names.push_back(option.name);
        if (!option.recursive_name.empty()) names.push_back(option.recursive_name);
    }
    return names;
}

ordered_json switched(bool on) { return {{"enabled", on}}; }

ordered_json seccomp_features() {
    const std::uint32_t taken = host::seccomp_flags();
    ordered_json supported = ordered_json::array();
    for (const plan::SeccompFlag& flag : plan::seccomp_flags) {
        if ((taken & flag.value) == flag.value) supported.push_back(flag.name);
    }
    return {{"enabled", true},
            {"actions", names_of(plan::seccomp_actions)},
            {"operators", names_of(plan::seccomp_operators)},
            {"archs", names_of(plan::seccomp_architectures)},
            {"knownFlags", names_of(plan::seccomp_flags)},
            {"supportedFlags", std::move(supported)}};
}

ordered_json linux_features() {
    return {{"namespaces", names_of(namespace_types)},
            {"capabilities", plan::capability_names()},
            {"cgroup", {{"v1", true}, {"v2", true}, {"systemd", true}, {"systemdUser", true}, {"rdma", true}}},
            {"seccomp", seccomp_features()},
            {"apparmor", switched(true)},
            {"selinux", switched(true)},
            {"intelRdt", {{"enabled", true}, {"schemata", true}, {"monitoring", true}}},
            {"memoryPolicy",
             {{"modes", names_of(plan::memory_policy_modes)}, {"flags", names_of(plan::memory_policy_flags)}}},
            {"mountExtensions", {{"idmap", switched(true)}}},
            {"netDevices", switched(true)}};
}

ordered_json annotations() {
    return {{"io.github.seccomp.libseccomp.version", libseccomp_version()},
            {"org.rt.version", version},
            {"org.rt.commit", commit}};
}

}  // namespace

// features.md and features-linux.md. An empty list and false say that there is none; null, which says nothing, is not
// used. What is false or empty here is refused in config.json.
int features(const container::Roots& /*roots*/, const Arguments& /*arguments*/) {
    const ordered_json document{{"ociVersionMin", spec::oldest_oci_version},
                                {"ociVersionMax", spec::oci_version},
                                {"hooks", names_of(plan::hook_kinds)},
                                {"mountOptions", mount_option_names()},
                                {"linux", linux_features()},
                                {"annotations", annotations()},
                                // A name with a dot at its end stands for all that begin with it (features.md).
                                {"potentiallyUnsafeConfigAnnotations",
                                 {plan::property_annotation, plan::rootfs_idmap_annotation, plan::groups_annotation,
                                  plan::chosen_range_annotation}}};
    print(document.dump(2) + "\n");
    return 0;
}

}  // namespace rt::cli
