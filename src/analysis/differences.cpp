#include <linux/seccomp.h>

#include <algorithm>

#include "rt/analysis/explanation.hpp"
#include "rt/analysis/mount_differences.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/capabilities.hpp"

namespace rt::analysis {

namespace {

const JsonPointer process_object = JsonPointer() / "process";
const JsonPointer linux_object = JsonPointer() / "linux";

std::string limit_text(std::uint64_t value) { return value == RLIM_INFINITY ? "unlimited" : std::to_string(value); }

std::string names_of(std::uint64_t set) {
    std::vector<std::string> names;
    for (unsigned capability = 0; set >> capability != 0; ++capability) {
        if ((set >> capability & 1U) != 0) names.push_back(plan::capability_name(capability));
        if (capability == 63) break;
    }
    return join(names, " ");
}

std::string ids_text(std::vector<std::uint32_t> ids) {
    std::ranges::sort(ids);
    std::vector<std::string> words;
    for (const std::uint32_t id : ids) words.push_back(std::to_string(id));
    return join(words, " ");
}

class Comparison {
public:
    Comparison(const spec::Spec& spec, const Explanation& container, const Surroundings& surroundings)
        : spec_(spec), container_(container), surroundings_(surroundings) {}

    std::vector<Difference> run() {
        for (const NamespaceTypeEntry& entry : namespace_types) compare_namespace(entry.type);
        compare_mappings("uidMappings", spec_.linux.uid_mappings, container_.mappings.uids);
        compare_mappings("gidMappings", spec_.linux.gid_mappings, container_.mappings.gids);
        if (spec_.process) compare_process(*spec_.process);
        compare_filter();
        for (Difference& difference : mount_differences(spec_, container_.mounts, surroundings_.paths))
            found_.push_back(std::move(difference));
        return std::move(found_);
    }

private:
    // Its program is not executed yet: the process is still rt, which keeps what it needs until then.
    bool waits() const { return container_.status == plan::Status::created; }

    void add(const JsonPointer& place, std::string config, std::string actual, std::string reason = {}) {
        if (config == actual) return;
        found_.push_back({.place = place.text(),
                          .config = std::move(config),
                          .actual = std::move(actual),
                          .reason = std::move(reason)});
    }

    const NamespaceEntry* actual_namespace(NamespaceType type) const {
        const auto& all = container_.namespaces.entries;
        const auto found =
            std::ranges::find_if(all, [&](const NamespaceEntry& entry) { return entry.facts.type == type; });
        return found == all.end() ? nullptr : &*found;
    }

    void compare_namespace(NamespaceType type) {
        const NamespaceEntry* actual = actual_namespace(type);
        if (actual == nullptr) return;
        const auto& listed = spec_.linux.namespaces;
        const auto entry = std::ranges::find(listed, type, &spec::Namespace::type);
        if (entry == listed.end()) {
            if (!actual->facts.own) add(linux_object / "namespaces", "", concat(name_of(type), ": its own"));
            return;
        }
        const JsonPointer place = linux_object / "namespaces" / static_cast<std::size_t>(entry - listed.begin());
        if (!entry->path) {
            if (actual->facts.own) add(place, concat(name_of(type), ": its own"), "that of rt");
            return;
        }
        const auto named = surroundings_.named_namespaces.find(type);
        if (named == surroundings_.named_namespaces.end()) return;
        add(place / "path", concat(name_of(type), " ", named->second), concat(name_of(type), " ", actual->facts.inode));
    }

    void compare_mappings(const char* name, const std::vector<spec::IdMapping>& config,
                          const plan::IdMappings& actual) {
        const auto& listed = spec_.linux.namespaces;
        const auto user = std::ranges::find(listed, NamespaceType::user, &spec::Namespace::type);
        if (user == listed.end() || user->path || container_.mappings.own) return;
        const plan::IdMappings wanted = plan::IdMappings::validate(config, linux_object / name);
        if (wanted.same_mapping_as(actual)) return;
        const auto lines = [](const plan::IdMappings& mappings) {
            std::vector<std::string> ranges;
            for (const spec::IdMapping& range : mappings.entries())
                ranges.push_back(concat(range.container_id, ":", range.host_id, ":", range.size));
            return join(ranges, ",");
        };
        add(linux_object / name, lines(wanted), lines(actual));
    }

    void compare_process(const spec::Process& process) {
        compare_user(process.user);
        if (!waits()) compare_capabilities(process);
        const ProcessAttributes& actual = container_.process;
        const auto word = [](bool on) { return on ? "true" : "false"; };
        add(process_object / "noNewPrivileges", word(process.no_new_privileges), word(actual.no_new_privileges));
        if (process.oom_score_adj && actual.oom_score_adj)
            add(process_object / "oomScoreAdj", std::to_string(*process.oom_score_adj),
                std::to_string(*actual.oom_score_adj));
        for (std::size_t i = 0; i < process.rlimits.size(); ++i) compare_limit(process.rlimits[i], i);
        if (!waits()) compare_labels(process);
    }

    void compare_user(const spec::User& user) {
        const ProcessAttributes& actual = container_.process;
        const JsonPointer place = process_object / "user";
        const auto text = [](const std::optional<std::uint32_t>& id) {
            return id ? std::to_string(*id) : "not mapped";
        };
        add(place / "uid", std::to_string(user.uid), text(container_.mappings.uid_inside(actual.uid)));
        add(place / "gid", std::to_string(user.gid), text(container_.mappings.gid_inside(actual.gid)));
        if (user.umask && actual.umask) add(place / "umask", octal_mode(*user.umask), octal_mode(*actual.umask));
        std::vector<std::uint32_t> groups;
        constexpr std::uint32_t nobody = 65534;
        for (const std::uint32_t group : actual.groups)
            groups.push_back(container_.mappings.gid_inside(group).value_or(nobody));
        std::vector<std::uint32_t> wanted = user.additional_gids;
        // Whether its own group is listed too makes no difference to the kernel.
        for (auto* list : {&groups, &wanted}) std::erase(*list, user.gid);
        add(place / "additionalGids", ids_text(std::move(wanted)), ids_text(std::move(groups)));
    }

    void compare_capabilities(const spec::Process& process) {
        std::vector<std::string> told_at_create;
        const plan::CapabilitySets wanted = plan::plan_capabilities(
            process.capabilities.value_or(spec::Capabilities()), ~std::uint64_t{0}, process.user.uid, told_at_create);
        const plan::CapabilitySets& actual = container_.process.capabilities;
        compare_set("bounding", wanted.bounding, actual.bounding);
        compare_set("inheritable", wanted.inheritable, actual.inheritable);
        compare_set("permitted", wanted.permitted, actual.permitted);
        compare_set("effective", wanted.effective, actual.effective);
        compare_set("ambient", wanted.ambient, actual.ambient);
    }

    void compare_set(const char* name, std::uint64_t wanted, std::uint64_t actual) {
        const JsonPointer place = process_object / "capabilities" / name;
        const bool by_execve = std::string_view(name) == "permitted" || std::string_view(name) == "effective";
        const bool root = container_.mappings.uid_inside(container_.process.uid) == 0U;
        const std::uint64_t bounding = container_.process.capabilities.bounding;
        const std::uint64_t more = actual & ~wanted;
        const std::uint64_t less = wanted & ~actual;
        add(place, names_of(less), "",
            by_execve && !root ? "execve(2) leaves a user other than root the ambient ones (capabilities(7))" : "");
        add(place, "", names_of(more),
            by_execve && root && (more & ~bounding) == 0 ? "execve(2) gives root the bounding set (capabilities(7))"
                                                         : "");
    }

    void compare_limit(const spec::Rlimit& limit, std::size_t index) {
        const auto name = std::ranges::find(plan::resource_limit_names, limit.type, &plan::ResourceLimitName::name);
        if (name == plan::resource_limit_names.end()) return;
        const auto& limits = container_.process.limits;
        const auto actual = std::ranges::find(limits, name->resource, &plan::ResourceLimit::resource);
        // That of open files is set last.
        if (actual == limits.end() || (waits() && name->resource == RLIMIT_NOFILE)) return;
        const auto text = [&](std::uint64_t soft, std::uint64_t hard) {
            return concat(limit.type, " ", limit_text(soft), " ", limit_text(hard));
        };
        add(process_object / "rlimits" / index, text(limit.soft, limit.hard), text(actual->soft, actual->hard));
    }

    void compare_labels(const spec::Process& process) {
        const ProcessAttributes& actual = container_.process;
        if (!process.apparmor_profile.empty() && actual.apparmor) {
            const std::string profile = actual.apparmor->substr(0, actual.apparmor->rfind(" ("));
            add(process_object / "apparmorProfile", process.apparmor_profile, profile);
        }
        if (!process.selinux_label.empty() && actual.selinux)
            add(process_object / "selinuxLabel", process.selinux_label, *actual.selinux);
    }

    void compare_filter() {
        const ProcessAttributes& actual = container_.process;
        const bool filtered = actual.seccomp_mode == SECCOMP_MODE_FILTER;
        if (waits() || filtered == spec_.linux.seccomp.has_value()) return;
        add(linux_object / "seccomp", filtered ? "" : "a filter", filtered ? "a filter" : "",
            filtered ? "it was loaded by the program, or by who called rt" : "");
    }

    const spec::Spec& spec_;
    const Explanation& container_;
    const Surroundings& surroundings_;
    std::vector<Difference> found_;
};

}  // namespace

std::vector<std::string> paths_in(const spec::Spec& spec) {
    std::vector<std::string> paths{"/"};
    for (const spec::Mount& mount : spec.mounts) paths.push_back(mount.destination);
    for (const auto* list : {&spec.linux.masked_paths, &spec.linux.readonly_paths})
        paths.insert(paths.end(), list->begin(), list->end());
    return paths;
}

std::vector<Difference> differences(const spec::Spec& spec, const Explanation& container,
                                    const Surroundings& surroundings) {
    return Comparison(spec, container, surroundings).run();
}

}  // namespace rt::analysis
