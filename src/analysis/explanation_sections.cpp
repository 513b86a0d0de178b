#include <linux/seccomp.h>

#include <algorithm>
#include <set>

#include "rt/analysis/explanation.hpp"
#include "rt/analysis/id_translation.hpp"
#include "rt/analysis/namespace_text.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/capabilities.hpp"

namespace rt::analysis {

namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

constexpr std::uint64_t no_limit = ~std::uint64_t{0};

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string both_sides(const std::optional<std::uint32_t>& inside, std::uint32_t host) {
    const std::string text = inside ? std::to_string(*inside) : "not mapped";
    return concat(text, inside == host ? "" : concat(", on the host ", host));
}

std::string seccomp_text(const ProcessAttributes& process) {
    if (process.seccomp_mode == SECCOMP_MODE_DISABLED) return "off";
    if (process.seccomp_mode == SECCOMP_MODE_STRICT) return "strict";
    if (!process.seccomp_filters) return "filter";
    return concat(*process.seccomp_filters, *process.seccomp_filters == 1 ? " filter" : " filters");
}

Rows process_rows(const Explanation& container) {
    const ProcessAttributes& process = container.process;
    Row groups;
    for (const std::uint32_t group : process.groups)
        groups.push_back(both_sides(container.mappings.gid_inside(group), group));
    Rows rows{{"uid", both_sides(container.mappings.uid_inside(process.uid), process.uid)},
              {"gid", both_sides(container.mappings.gid_inside(process.gid), process.gid)},
              {"groups", or_dash(join(groups, "; "))},
              {"umask", process.umask ? octal_mode(*process.umask) : "-"},
              {"no_new_privs", process.no_new_privileges ? "yes" : "no"},
              {"seccomp", seccomp_text(process)},
              {"oom_score_adj", process.oom_score_adj ? std::to_string(*process.oom_score_adj) : "-"}};
    if (process.apparmor) rows.push_back({"AppArmor", printable(*process.apparmor)});
    if (process.selinux) rows.push_back({"SELinux", printable(*process.selinux)});
    if (!process.apparmor && !process.selinux) rows.push_back({"label", "- (neither AppArmor nor SELinux runs here)"});
    return rows;
}

Rows capability_rows(const plan::CapabilitySets& sets) {
    Rows rows{{"CAPABILITY", "EFFECTIVE", "PERMITTED", "INHERITABLE", "BOUNDING", "AMBIENT"}};
    constexpr unsigned most = 64;
    for (unsigned capability = 0; capability < most; ++capability) {
        Row row{plan::capability_name(capability)};
        for (const std::uint64_t set : {sets.effective, sets.permitted, sets.inheritable, sets.bounding, sets.ambient})
            row.emplace_back((set >> capability & 1U) != 0 ? "yes" : "-");
        if (std::ranges::find(row, "yes") != row.end()) rows.push_back(std::move(row));
    }
    if (rows.size() == 1) rows = {{"none, in any of the five sets"}};
    return rows;
}

Rows limit_rows(const std::vector<plan::ResourceLimit>& limits) {
    const auto text = [](std::uint64_t value) { return value == RLIM_INFINITY ? "unlimited" : std::to_string(value); };
    Rows rows{{"LIMIT", "SOFT", "HARD"}};
    for (const plan::ResourceLimit& limit : limits) {
        const auto name =
            std::ranges::find(plan::resource_limit_names, limit.resource, &plan::ResourceLimitName::resource);
        rows.push_back({std::string(name->name), text(limit.soft), text(limit.hard)});
    }
    return rows;
}

std::string cpu_text(const cgroup::CpuLimits& cpu) {
    std::vector<std::string> words;
    if (cpu.quota && cpu.period) words.push_back(concat(*cpu.quota, " us in ", *cpu.period, " us"));
    if (cpu.shares) words.push_back(concat("shares ", *cpu.shares));
    if (cpu.weight) words.push_back(concat("weight ", *cpu.weight));
    return or_dash(join(words, ", "));
}

// v1 shows no limit as the last whole page below 2^63.
std::string bytes(std::uint64_t limit) {
    constexpr std::uint64_t impossible = std::uint64_t{1} << 62U;
    return limit >= impossible ? "-" : std::to_string(limit);
}

Rows cgroup_rows(const Explanation& container) {
    if (!container.usage) return {{"none of its own"}};
    const cgroup::Stats& stats = *container.usage;
    Rows rows{{"RESOURCE", "USED", "LIMIT"},
              {"memory, bytes", std::to_string(stats.memory.usage.usage), bytes(stats.memory.usage.limit)},
              {"with swap, bytes", std::to_string(stats.memory.swap.usage), bytes(stats.memory.swap.limit)},
              {"processes", std::to_string(stats.pids), stats.pids_limit == 0 ? "-" : std::to_string(stats.pids_limit)},
              {"cpu, nanoseconds", std::to_string(stats.cpu.total), cpu_text(container.cpu)},
              {"cpus", "", or_dash(stats.cpus)},
              {"memory nodes", "", or_dash(stats.memory_nodes)}};
    for (const auto& [size, usage] : stats.hugetlb) {
        if (usage.usage != 0 || usage.limit < no_limit)
            rows.push_back({concat("pages of ", size, ", bytes"), std::to_string(usage.usage), bytes(usage.limit)});
    }
    for (const std::string& directory : container.cgroups) rows.push_back({printable(directory)});
    return rows;
}

Rows mount_rows(const std::vector<os::MountInfo>& mounts) {
    Rows rows{{"MOUNT-POINT", "TYPE", "ID-MAPPED", "OPTIONS", "FILE-SYSTEM", "ROOT"}};
    for (const os::MountInfo& mount : mounts) {
        std::vector<std::string> options = mount.options;
        const bool mapped = std::erase(options, "idmapped") > 0;
        const std::string hidden = os::is_visible(mount, mounts) ? "" : " (covered)";
        rows.push_back({printable(mount.mount_point) + hidden, printable(mount.type), mapped ? "yes" : "-",
                        printable(join(options, ",")), printable(clipped(join(mount.super_options, ","), 60)),
                        printable(mount.root)});
    }
    return rows;
}

Rows difference_rows(const std::vector<Difference>& differences) {
    if (differences.empty()) return {{"none"}};
    Rows rows{{"PLACE", "CONFIG", "ACTUAL", "REASON"}};
    for (const Difference& difference : differences)
        rows.push_back({printable(difference.place), printable(or_dash(difference.config)),
                        printable(or_dash(difference.actual)), or_dash(difference.reason)});
    return rows;
}

}  // namespace

std::vector<ExplanationSection> explanation_sections(const Explanation& container) {
    const ProcessMappings& mappings = container.mappings;
    const std::vector<IdSides> sides{{.kind = "uid", .same = mappings.own, .mapping = mappings.uids},
                                     {.kind = "gid", .same = mappings.own, .mapping = mappings.gids}};
    return {{"NAMESPACES", namespace_table(container.namespaces)},
            {"IDS", range_rows(sides)},
            {"PROCESS", process_rows(container)},
            {"CAPABILITIES", capability_rows(container.process.capabilities)},
            {"RESOURCE LIMITS", limit_rows(container.process.limits)},
            {"CGROUP", cgroup_rows(container)},
            {"MOUNTS", mount_rows(container.mounts)},
            {"DIFFERENCES FROM CONFIG.JSON", difference_rows(container.differences)}};
}

}  // namespace rt::analysis
