#include <linux/seccomp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rt/analysis/explanation.hpp"
#include "rt/analysis/namespace_text.hpp"
#include "rt/plan/capabilities.hpp"

namespace rt::analysis {

namespace {

using nlohmann::ordered_json;

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
    return value ? ordered_json(*value) : ordered_json();
}

ordered_json map_json(const ProcessMappings& mappings, const plan::IdMappings& map) {
    ordered_json entries = ordered_json::array();
    if (mappings.own) return entries;
    for (const spec::IdMapping& entry : map.entries())
        entries.push_back({{"containerID", entry.container_id}, {"hostID", entry.host_id}, {"size", entry.size}});
    return entries;
}

ordered_json set_json(std::uint64_t set) {
    ordered_json names = ordered_json::array();
    constexpr unsigned most = 64;
    for (unsigned capability = 0; capability < most; ++capability) {
        if ((set >> capability & 1U) != 0) names.push_back(plan::capability_name(capability));
    }
    return names;
}

std::string_view mode_name(int mode) {
    return mode == SECCOMP_MODE_FILTER ? "filter" : mode == SECCOMP_MODE_STRICT ? "strict" : "disabled";
}

ordered_json process_json(const Explanation& container) {
    const ProcessAttributes& process = container.process;
    const ProcessMappings& mappings = container.mappings;
    ordered_json groups = ordered_json::array();
    for (const std::uint32_t group : process.groups)
        groups.push_back({{"gid", or_null(mappings.gid_inside(group))}, {"hostGid", group}});
    ordered_json limits = ordered_json::array();
    for (const plan::ResourceLimit& limit : process.limits) {
        const auto name =
            std::ranges::find(plan::resource_limit_names, limit.resource, &plan::ResourceLimitName::resource);
        limits.push_back({{"type", name->name}, {"soft", limit.soft}, {"hard", limit.hard}});
    }
    return {{"uid", or_null(mappings.uid_inside(process.uid))},
            {"hostUid", process.uid},
            {"gid", or_null(mappings.gid_inside(process.gid))},
            {"hostGid", process.gid},
            {"groups", std::move(groups)},
            {"umask", or_null(process.umask)},
            {"capabilities",
             {{"effective", set_json(process.capabilities.effective)},
              {"permitted", set_json(process.capabilities.permitted)},
              {"inheritable", set_json(process.capabilities.inheritable)},
              {"bounding", set_json(process.capabilities.bounding)},
              {"ambient", set_json(process.capabilities.ambient)}}},
            {"noNewPrivileges", process.no_new_privileges},
            {"seccomp", {{"mode", mode_name(process.seccomp_mode)}, {"filters", or_null(process.seccomp_filters)}}},
            {"apparmor", or_null(process.apparmor)},
            {"selinux", or_null(process.selinux)},
            {"oomScoreAdj", or_null(process.oom_score_adj)},
            {"rlimits", std::move(limits)}};
}

// What has no limit is null.
ordered_json limit_json(std::uint64_t limit) {
    constexpr std::uint64_t impossible = std::uint64_t{1} << 62U;
    return limit >= impossible ? ordered_json() : ordered_json(limit);
}

ordered_json cgroup_json(const Explanation& container) {
    if (!container.usage) return nullptr;
    const cgroup::Stats& stats = *container.usage;
    const auto usage = [](const cgroup::Usage& value) -> ordered_json {
        return {{"used", value.usage}, {"limit", limit_json(value.limit)}};
    };
    ordered_json pages = ordered_json::object();
    for (const auto& [size, value] : stats.hugetlb) pages[size] = usage(value);
    return {
        {"directories", container.cgroups},
        {"memory", usage(stats.memory.usage)},
        {"memoryAndSwap", usage(stats.memory.swap)},
        {"pids",
         {{"used", stats.pids}, {"limit", stats.pids_limit == 0 ? ordered_json() : ordered_json(stats.pids_limit)}}},
        {"cpu",
         {{"used", stats.cpu.total},
          {"quota", or_null(container.cpu.quota)},
          {"period", or_null(container.cpu.period)},
          {"shares", or_null(container.cpu.shares)},
          {"weight", or_null(container.cpu.weight)},
          {"cpus", stats.cpus},
          {"mems", stats.memory_nodes}}},
        {"hugetlb", std::move(pages)}};
}

ordered_json mounts_json(const std::vector<os::MountInfo>& mounts) {
    ordered_json list = ordered_json::array();
    for (const os::MountInfo& mount : mounts) {
        list.push_back({{"destination", mount.mount_point},
                        {"type", mount.type},
                        {"root", mount.root},
                        {"options", mount.options},
                        {"superOptions", mount.super_options},
                        {"idMapped", std::ranges::find(mount.options, "idmapped") != mount.options.end()},
                        {"visible", os::is_visible(mount, mounts)}});
    }
    return list;
}

ordered_json differences_json(const std::vector<Difference>& differences) {
    const auto text = [](const std::string& value) { return value.empty() ? ordered_json() : ordered_json(value); };
    ordered_json list = ordered_json::array();
    for (const Difference& difference : differences) {
        list.push_back({{"place", difference.place},
                        {"config", text(difference.config)},
                        {"actual", text(difference.actual)},
                        {"reason", text(difference.reason)}});
    }
    return list;
}

}  // namespace

std::string explanation_json(const Explanation& container) {
    const ordered_json document{
        {"id", container.id},
        {"status", plan::name_of(container.status)},
        {"pid", container.pid},
        {"bundle", container.bundle},
        {"namespaces", ordered_json::parse(namespace_json(container.namespaces)).at("namespaces")},
        {"uidMappings", map_json(container.mappings, container.mappings.uids)},
        {"gidMappings", map_json(container.mappings, container.mappings.gids)},
        {"process", process_json(container)},
        {"cgroup", cgroup_json(container)},
        {"mounts", mounts_json(container.mounts)},
        {"differences", differences_json(container.differences)}};
    return document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace rt::analysis
