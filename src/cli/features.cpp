#include <nlohmann/json.hpp>

#include "rt/base/namespace_type.hpp"
#include "rt/cli/command.hpp"
#include "rt/cli/help.hpp"
#include "rt/host/facts.hpp"
#include "rt/os/procfs.hpp"
#include "rt/plan/capabilities.hpp"
#include "rt/plan/hooks.hpp"
#include "rt/plan/memory_policy.hpp"
#include "rt/plan/mount_options.hpp"
#include "rt/spec/version.hpp"
#include "rt/version.hpp"

namespace rt::cli {

namespace {

using nlohmann::ordered_json;

ordered_json mount_option_names() {
    ordered_json names = ordered_json::array();
    for (const plan::MountOption& option : plan::mount_options()) {
        if (option.kind == plan::MountOptionKind::unsupported) continue;
        names.push_back(option.name);
        if (!option.recursive_name.empty()) names.push_back(option.recursive_name);
    }
    return names;
}

ordered_json capability_names() {
    const host::Facts facts = host::take_facts(os::Procfs::open());
    ordered_json names = ordered_json::array();
    constexpr unsigned most_capabilities = 64;
    for (unsigned capability = 0; capability < most_capabilities; ++capability) {
        if ((facts.known_capabilities >> capability & 1U) != 0) names.push_back(plan::capability_name(capability));
    }
    return names;
}

template <class Table>
ordered_json names_of(const Table& table) {
    ordered_json names = ordered_json::array();
    for (const auto& row : table) names.push_back(row.name);
    return names;
}

ordered_json switched_off() { return {{"enabled", false}}; }

}  // namespace

// features.md and features-linux.md: what is false or empty here is refused in config.json.
int features(const container::Roots& /*roots*/, const Arguments& /*arguments*/) {
    const ordered_json document{
        {"ociVersionMin", "1.0.0"},
        {"ociVersionMax", spec::oci_version},
        {"hooks", names_of(plan::hook_kinds)},
        {"mountOptions", mount_option_names()},
        {"linux",
         {{"namespaces", names_of(namespace_types)},
          {"capabilities", capability_names()},
          {"cgroup", {{"v1", true}, {"v2", true}, {"systemd", false}, {"systemdUser", false}, {"rdma", false}}},
          {"seccomp", switched_off()},
          {"apparmor", switched_off()},
          {"selinux", switched_off()},
          {"memoryPolicy",
           {{"modes", names_of(plan::memory_policy_modes)}, {"flags", names_of(plan::memory_policy_flags)}}},
          {"intelRdt", switched_off()},
          {"mountExtensions", {{"idmap", {{"enabled", true}}}}},
          {"netDevices", switched_off()}}},
        {"annotations", {{"org.rt.version", version}, {"org.rt.commit", commit}}}};
    print(document.dump(2) + "\n");
    return 0;
}

}  // namespace rt::cli
