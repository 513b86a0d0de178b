#include "rt/plan/process.hpp"

#include <linux/capability.h>

#include <algorithm>
#include <unordered_set>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/capabilities.hpp"
#include "rt/plan/groups_annotation.hpp"

namespace rt::plan {

namespace {

JsonPointer process_object() { return JsonPointer("/process"); }
JsonPointer user_object() { return JsonPointer("/process/user"); }

void require_mapped(std::uint32_t id, const IdMappings& map, const JsonPointer& where, const char* kind) {
    if (map.empty() || map.to_host(id)) return;
    fail(concat("use the ", kind, " at"), where.text(),
         concat(kind, " ", id, " is not mapped in the user namespace; the ", kind, "s that exist in it are ",
                map.container_ranges()),
         concat("choose one of these, or add a mapping for ", id));
}

// Whether the list of the config is passed over.
bool keeps_groups(const spec::User& user, Groups groups, std::vector<std::string>& warnings) {
    const std::string where = (user_object() / "additionalGids").text();
    if (groups == Groups::as_configured) return false;
    if (user.additional_gids.empty()) return true;
    if (groups == Groups::kept_by_option) {
        fail("use", "--keep-groups", concat("the process is to have other groups, those at ", where),
             "leave one of them out: the groups of the caller stay, or others are set");
    }
    warnings.push_back(concat("the groups at ", where, " are not set: by the annotation ", groups_annotation,
                              " those of the caller stay"));
    return true;
}

Credentials plan_credentials(const spec::User& user, const UserMappings& mappings, Groups groups,
                             std::vector<std::string>& warnings) {
    require_mapped(user.uid, mappings.uids, user_object() / "uid", "uid");
    require_mapped(user.gid, mappings.gids, user_object() / "gid", "gid");
    if (keeps_groups(user, groups, warnings))
        return {.uid = user.uid, .gid = user.gid, .groups = {}, .keeps_groups = true};
    if (mappings.groups_denied && !user.additional_gids.empty()) {
        fail("use the groups at", (user_object() / "additionalGids").text(),
             "the user namespace of the container denies setgroups(2), as each does whose gid_map was written without "
             "CAP_SETGID (user_namespaces(7))",
             "leave additionalGids out (the groups of the caller stay then), or run rt as root; an ordinary user with "
             "ids "
             "in /etc/subgid can map several gids, and then set groups");
    }
    Credentials credentials{.uid = user.uid, .gid = user.gid, .groups = {}, .keeps_groups = mappings.groups_denied};
    for (std::size_t i = 0; i < user.additional_gids.size(); ++i) {
        const std::uint32_t gid = user.additional_gids[i];
        require_mapped(gid, mappings.gids, user_object() / "additionalGids" / i, "gid");
        credentials.groups.push_back(gid);
    }
    return credentials;
}

ResourceLimit plan_limit(const spec::Rlimit& limit, const JsonPointer& where) {
    const auto found = std::ranges::find(resource_limit_names, limit.type, &ResourceLimitName::name);
    if (found == resource_limit_names.end()) {
        fail("use the limit at", (where / "type").text(), concat("the kernel has no limit '", limit.type, "'"),
             "the names are those of getrlimit(2)");
    }
    if (limit.soft > limit.hard) {
        fail("use the limit at", where.text(),
             concat("the soft limit ", limit.soft, " of ", limit.type, " is above the hard limit ", limit.hard));
    }
    return {.resource = found->resource, .soft = limit.soft, .hard = limit.hard};
}

std::vector<ResourceLimit> plan_limits(const std::vector<spec::Rlimit>& limits) {
    std::vector<ResourceLimit> planned;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const JsonPointer where = process_object() / "rlimits" / i;
        const ResourceLimit limit = plan_limit(limits[i], where);
        if (std::ranges::find(planned, limit.resource, &ResourceLimit::resource) != planned.end()) {
            fail("use the limit at", where.text(), concat(limits[i].type, " is listed twice"), "list each type once");
        }
        planned.push_back(limit);
    }
    return planned;
}

// Of several values for one name the last one wins, and only that copy is left.
std::vector<std::string> plan_environment(const std::vector<std::string>& env) {
    std::vector<std::string> planned;
    std::unordered_set<std::string_view> seen;
    for (auto entry = env.rbegin(); entry != env.rend(); ++entry) {
        const std::string_view name = std::string_view(*entry).substr(0, entry->find('='));
        if (seen.insert(name).second) planned.push_back(*entry);
    }
    std::ranges::reverse(planned);
    return planned;
}

}  // namespace

Process plan_process(const spec::Process& process, const Namespaces& namespaces, const UserMappings& mappings,
                     const host::Facts& facts, std::vector<std::string>& warnings, Groups groups) {
    Process planned;
    planned.args = process.args;
    planned.env = plan_environment(process.env);
    planned.cwd = process.cwd;
    planned.terminal = process.terminal;
    planned.console_size = process.console_size;
    planned.credentials = plan_credentials(process.user, mappings, groups, warnings);
    planned.umask = process.user.umask;
    // Whoever enters a user namespace holds every capability in it (user_namespaces(7)).
    const bool own_user_namespace = namespaces.has(NamespaceType::user);
    const std::uint64_t grantable = own_user_namespace ? facts.known_capabilities : facts.bounding & facts.capabilities;
    if (process.capabilities) {
        planned.capabilities = plan_capabilities(*process.capabilities, grantable, process.user.uid, warnings);
    }
    planned.limits = plan_limits(process.rlimits);
    const auto open_files = std::ranges::find(planned.limits, RLIMIT_NOFILE, &ResourceLimit::resource);
    if (open_files != planned.limits.end()) {
        planned.open_files = *open_files;
        planned.limits.erase(open_files);
    }
    planned.no_new_privileges = process.no_new_privileges;
    planned.oom_score_adj = process.oom_score_adj;
    planned.scheduling = plan_scheduling(process, facts);
    planned.labels = plan_labels(process, facts);
    return planned;
}

void add_attributes(const spec::Linux& linux_section, const Namespaces& namespaces, const host::Facts& facts,
                    Process& process) {
    if (linux_section.seccomp) {
        // Whoever enters a user namespace holds every capability in it (user_namespaces(7)).
        const bool privileged = namespaces.has(NamespaceType::user) || facts.has_capability(CAP_SYS_ADMIN);
        process.seccomp = plan_seccomp(*linux_section.seccomp, {.known_flags = facts.seccomp_flags,
                                                                .no_new_privileges = process.no_new_privileges,
                                                                .privileged = privileged});
    }
    if (linux_section.memory_policy) process.memory_policy = plan_memory_policy(*linux_section.memory_policy, facts);
    if (linux_section.personality) process.personality = plan_personality(*linux_section.personality);
}

void check_terminal(bool terminal, bool detach, bool console_socket) {
    if (console_socket && !terminal) {
        fail("use", "--console-socket", "the process has no terminal",
             "set /process/terminal (exec: --tty), or leave --console-socket out");
    }
    if (terminal && detach && !console_socket) {
        fail(
            "start a process with a terminal", "", "nobody would hold the other side of it",
            "say with --console-socket who gets it; or set /process/terminal to false; or use rt run without --detach");
    }
}

}  // namespace rt::plan
