#include "rt/plan/cgroup.hpp"

#include <linux/limits.h>

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/cgroup_place.hpp"
#include "rt/plan/mounts.hpp"

namespace rt::plan {

namespace {

constexpr const char* path_pointer = "/linux/cgroupsPath";

[[noreturn]] void refuse_path(const std::string& path, const std::string& reason, const std::string& hint = {}) {
    fail(concat("use '", printable(path), "' at"), path_pointer, reason, hint);
}

void check_component(const std::string& path, const std::string& component) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (component.empty()) refuse_path(path, "a part of it between slashes is empty", "write \"/group/name\"");
    if (component == "." || component == "..") {
        refuse_path(path, "\".\" and \"..\" are not allowed in it",
                    "write the path from the root of the cgroup hierarchy");
    }
    if (std::ranges::any_of(component, is_control)) refuse_path(path, "it holds a control character");
    if (component.size() > NAME_MAX) refuse_path(path, concat("a part of it is longer than ", NAME_MAX, " bytes"));
}

// A relative path may be taken as relative to any place (config-linux.md "Cgroups Path").
std::string cgroup_path(const std::string& given, const std::string& id, const host::CgroupLayout& layout) {
    if (given.empty()) return customary_place(layout, id);
    const std::string& path = given;
    if (is_systemd_form(given)) {
        refuse_path(path, "this form (slice:prefix:name) is for the systemd driver",
                    "give --systemd-cgroup before the command, or write a path from the root of the cgroup hierarchy: "
                    "\"/group/name\"");
    }
    if (path == "/") {
        refuse_path(path, "the root cgroup holds the processes of the whole machine",
                    "leave it out, or write \"/name\"");
    }
    const std::string below_root = path.starts_with('/') ? path.substr(1) : path;
    for (const std::string& component : split(below_root, '/')) check_component(path, component);
    const host::CgroupLevel* delegated = path.starts_with('/') ? nullptr : delegated_cgroup(layout);
    return concat(delegated != nullptr ? delegated->path : "", "/", below_root);
}

bool has_user_namespace(const spec::Linux& linux) {
    return std::ranges::find(linux.namespaces, NamespaceType::user, &spec::Namespace::type) != linux.namespaces.end();
}

// A container of root without a user namespace could make a node of the host's disk and write to it.
[[noreturn]] void refuse_without_device_rules(NoCgroup obstacle) {
    if (!obstacle.hint.empty()) obstacle.hint += ", or ";
    fail("set the device rules of", "/linux/resources/devices", std::move(obstacle.reason),
         concat(obstacle.hint, "list a user namespace: the container's root is then nobody to the host's devices"));
}

void plan_devices(Cgroup& cgroup, const spec::Linux& linux, const host::CgroupLayout& layout) {
    std::vector<DeviceRule> rules = plan_device_rules(linux.resources.devices);
    if (allows_everything(rules)) return;
    if (!layout.may_set_device_rules) {
        cgroup.remark =
            "the device rules are not set, since that needs CAP_SYS_ADMIN in the initial user namespace; the modes "
            "of the device nodes decide";
        return;
    }
    const auto has_directory = [&](const auto& is_meant) {
        return std::ranges::any_of(cgroup.directories, is_meant, &CgroupDirectory::hierarchy);
    };
    if (has_directory([](const host::CgroupHierarchy& hierarchy) { return hierarchy.has_controller("devices"); })) {
        cgroup.device_list = plan_device_list(rules);
    } else if (has_directory([](const host::CgroupHierarchy& hierarchy) { return hierarchy.unified; })) {
        cgroup.device_program = std::move(rules);
    } else if (!has_user_namespace(linux)) {
        refuse_without_device_rules(why_no_cgroup(layout, cgroup.path, "devices"));
    } else {
        cgroup.remark = concat("the device rules are not set: ", why_no_cgroup(layout, cgroup.path, "devices").reason);
    }
}

// Limits that nothing keeps would be promises.
void require_directories(const Cgroup& cgroup, const host::CgroupLayout& layout) {
    for (const CgroupSetting& setting : cgroup.resources.settings) {
        if (directory_for(setting, cgroup.directories) != nullptr) continue;
        const NoCgroup obstacle = why_no_cgroup(layout, cgroup.path, setting.controller);
        fail("use the value at", setting.place,
             concat("the container gets no cgroup with the controller ", setting.controller, ": ", obstacle.reason),
             concat(obstacle.hint, obstacle.hint.empty() ? "" : ", or ", "remove the value"));
    }
}

// Device rules are in every config, and who disables cgroups knows that they go.
Cgroup plan_without_cgroup(const spec::Linux& linux, const host::CgroupLayout& layout) {
    Cgroup cgroup{.mode = layout.mode(), .remark = "the container has no cgroup of its own: --cgroup-manager disabled"};
    const CgroupResources resources = plan_resources(linux.resources, layout);
    if (!resources.empty()) {
        fail("use the value at", resources.settings.front().place,
             "the container gets no cgroup that could have the limit: --cgroup-manager disabled",
             "remove the limit, or choose --cgroup-manager cgroupfs or systemd");
    }
    const bool device_rules = !allows_everything(plan_device_rules(linux.resources.devices));
    if (device_rules && layout.may_set_device_rules && !has_user_namespace(linux)) {
        cgroup.warnings.emplace_back(
            "--cgroup-manager disabled: no device rules are set, only the modes and owners of device nodes keep the "
            "container from the host's devices");
    }
    return cgroup;
}

// Where systemd makes a cgroup for a unit that has Delegate=yes: v2, its own named hierarchy, and on v1 the controllers
// that it knows. In the others rt makes it.
bool is_managed_by_systemd(const host::CgroupHierarchy& hierarchy) {
    constexpr std::array known{"cpu", "cpuacct", "blkio", "memory", "devices", "pids"};
    return hierarchy.unified || hierarchy.name == "systemd" ||
           (hierarchy.writable &&
            std::ranges::any_of(known, [&](const char* controller) { return hierarchy.has_controller(controller); }));
}

void plan_directories(Cgroup& cgroup, const host::CgroupLayout& layout) {
    const host::CgroupLevel* delegated = delegated_cgroup(layout);
    const std::string top = delegated == nullptr ? "" : delegated->path;
    for (const host::CgroupHierarchy& hierarchy : layout.hierarchies) {
        const bool by_systemd = cgroup.scope && is_managed_by_systemd(hierarchy);
        const bool by_rt = hierarchy.writable || (delegated != nullptr && cgroup.path.starts_with(top + "/"));
        if (!by_rt && !by_systemd) continue;
        cgroup.directories.push_back({.hierarchy = hierarchy,
                                      .directory = hierarchy.mount_point + cgroup.path,
                                      .top = by_systemd ? "" : top,
                                      .by_systemd = by_systemd});
    }
}

}  // namespace

std::string CgroupDirectory::name() const { return hierarchy.mount_point.substr(hierarchy.mount_point.rfind('/') + 1); }

const CgroupDirectory* directory_for(const CgroupSetting& setting, const std::vector<CgroupDirectory>& directories) {
    const auto found = std::ranges::find_if(directories, [&](const CgroupDirectory& directory) {
        return setting.unified ? directory.hierarchy.unified
                               : !directory.hierarchy.unified && directory.hierarchy.has_controller(setting.controller);
    });
    return found == directories.end() ? nullptr : &*found;
}

Cgroup plan_cgroup(const spec::Linux& linux, const std::string& id, const host::CgroupLayout& machine,
                   const CgroupRequest& request) {
    if (request.driver == CgroupDriver::disabled) return plan_without_cgroup(linux, machine);
    const bool by_rt = request.driver == CgroupDriver::cgroupfs;
    const host::CgroupLayout layout = by_rt ? with_delegated_controllers(machine) : machine;
    Cgroup cgroup{.mode = layout.mode()};
    if (by_rt) {
        cgroup.path = cgroup_path(linux.cgroups_path, id, layout);
    } else {
        cgroup.scope = plan_scope_names(linux.cgroups_path, id, request.manager);
        cgroup.path = cgroup.scope->path;
    }
    plan_directories(cgroup, layout);
    plan_devices(cgroup, linux, layout);
    cgroup.resources = plan_resources(linux.resources, layout);
    require_directories(cgroup, layout);
    if (cgroup.directories.empty()) {
        cgroup.remark = concat("the container has no cgroup of its own: ", why_no_cgroup(layout, cgroup.path).reason);
    }
    if (cgroup.scope) {
        cgroup.scope->properties = plan_scope_properties(*cgroup.scope, id, cgroup.resources, cgroup.device_list,
                                                         request.annotations, request.manager, cgroup.warnings);
    }
    return cgroup;
}

std::optional<std::uint32_t> plan_cgroup_owner(const spec::Spec& spec, const Namespaces& namespaces,
                                               const UserMappings& mappings, host::CgroupMode mode) {
    const bool own_view = namespaces.creates(NamespaceType::cgroup) && mappings.mapped;
    const bool writable = std::ranges::any_of(spec.mounts, [](const spec::Mount& mount) {
        return mount.source == "cgroup" && tidy_path(mount.destination) == "/sys/fs/cgroup" &&
               std::ranges::find(mount.options, "ro") == mount.options.end();
    });
    if (mode != host::CgroupMode::unified || !own_view || !writable) return std::nullopt;
    return mappings.uid_to_host(spec.process ? spec.process->user.uid : 0);
}

std::optional<CgroupView> view_of(const Cgroup& cgroup) {
    if (cgroup.directories.empty()) return std::nullopt;
    CgroupView view;
    if (cgroup.mode == host::CgroupMode::unified) {
        view.unified = cgroup.directories.front().directory;
        return view;
    }
    for (const CgroupDirectory& directory : cgroup.directories) {
        const std::string name = directory.name();
        view.hierarchies.push_back({.name = name, .directory = directory.directory});
        if (directory.hierarchy.unified) continue;
        for (const std::string& controller : directory.hierarchy.controllers) {
            if (controller != name) view.links.push_back({.name = controller, .target = name});
        }
    }
    return view;
}

}  // namespace rt::plan
