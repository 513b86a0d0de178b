#include "rt/plan/namespaces.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/unprivileged_mappings.hpp"

namespace rt::plan {

namespace {

JsonPointer linux_object() { return JsonPointer("/linux"); }

// The lines to add, for whoever reads the error: a whole range, away from the ids of people.
std::string example_of(const char* field) {
    return concat("add to /linux:\n\"", field, "\": [ { \"containerID\": 0, \"hostID\": 100000, \"size\": 65536 } ]");
}

void require_mapping(const std::vector<spec::IdMapping>& entries, const char* field) {
    if (!entries.empty()) return;
    fail("make the user namespace for", (linux_object() / field).text(),
         concat("a new user namespace needs ", field, ", and it is missing or empty"), example_of(field));
}

// Podman writes it where the namespace is joined, because other runtimes want to see something.
bool is_placeholder(const std::vector<spec::IdMapping>& wanted) {
    return wanted.size() == 1 && wanted[0].container_id == 0 && wanted[0].host_id == 0 && wanted[0].size == 1;
}

IdMappings joined_mapping(const std::string& proc_text, const std::vector<spec::IdMapping>& wanted, const char* field,
                          const std::string& path) {
    std::optional<std::vector<spec::IdMapping>> entries = parse_proc_mappings(proc_text);
    if (!entries) fail("read the mappings of the user namespace", path, "the kernel's answer is not understood");
    IdMappings mappings = IdMappings::validate(*std::move(entries), JsonPointer(path));
    if (mappings.empty()) {
        fail("join the user namespace", path, "nobody has written its mappings yet, so no id exists in it");
    }
    if (wanted.empty() || is_placeholder(wanted)) return mappings;
    const JsonPointer where = linux_object() / field;
    if (!IdMappings::validate(wanted, where).same_mapping_as(mappings)) {
        fail("use the mappings at", where.text(),
             concat("the user namespace ", path, " that is joined has other ones (container, host, size): ",
                    join(split(mappings.to_proc_text(), '\n'), "; ")),
             concat("leave ", field, " out: the namespace brings its own"));
    }
    return mappings;
}

std::uint32_t setup_id(bool mapped, const IdMappings& map, std::uint32_t process_id) {
    if (!mapped || map.to_host(0)) return 0;
    return map.to_host(process_id) ? process_id : map.entries().front().container_id;
}

// The ids that exist in a user namespace, each as itself: what one of its processes can be without another one.
IdMappings existing_ids(const std::string& proc_text) {
    std::vector<spec::IdMapping> entries = parse_proc_mappings(proc_text).value_or(std::vector<spec::IdMapping>());
    for (spec::IdMapping& entry : entries) entry.host_id = entry.container_id;
    return IdMappings::validate(std::move(entries), JsonPointer("/proc/self/uid_map"));
}

}  // namespace

const JoinedNamespace* Namespaces::joined_of(NamespaceType type) const noexcept {
    const auto found = std::ranges::find(joined, type, &JoinedNamespace::type);
    return found == joined.end() ? nullptr : &*found;
}

MissingNamespace Namespaces::missing(NamespaceType type) const {
    if (const auto own = paths_to_own.find(type); own != paths_to_own.end()) {
        return {.reason = concat("the ", name_of(type), " namespace that /linux/namespaces gives (", own->second,
                                 ") is the one that rt itself runs in"),
                .hint = "remove its path: the container gets a namespace of its own then"};
    }
    return {.reason = concat("/linux/namespaces lists no ", name_of(type), " namespace"),
            .hint = concat("add { \"type\": \"", name_of(type), "\" } to /linux/namespaces")};
}

std::optional<std::uint32_t> UserMappings::uid_to_host(std::uint32_t uid) const noexcept {
    return uids.empty() ? std::optional(uid) : uids.to_host(uid);
}

std::optional<std::uint32_t> UserMappings::gid_to_host(std::uint32_t gid) const noexcept {
    return gids.empty() ? std::optional(gid) : gids.to_host(gid);
}

std::uint32_t UserMappings::setup_uid(std::uint32_t process_id) const noexcept {
    return setup_id(mapped, uids, process_id);
}

std::uint32_t UserMappings::setup_gid(std::uint32_t process_id) const noexcept {
    return setup_id(mapped, gids, process_id);
}

Namespaces plan_namespaces(const spec::Linux& linux_section, std::map<NamespaceType, std::string> paths_to_own) {
    Namespaces namespaces;
    namespaces.paths_to_own = std::move(paths_to_own);
    std::vector<NamespaceType> seen;
    for (std::size_t i = 0; i < linux_section.namespaces.size(); ++i) {
        const spec::Namespace& entry = linux_section.namespaces[i];
        const JsonPointer where = linux_object() / "namespaces" / i;
        const auto earlier = std::ranges::find(seen, entry.type);
        if (earlier != seen.end()) {
            fail("use the namespace at", where.text(),
                 concat("the type ", name_of(entry.type), " stands in entry ", earlier - seen.begin(), " already"),
                 "list each type once");
        }
        seen.push_back(entry.type);
        if (entry.path) {
            namespaces.joined.push_back({.type = entry.type, .path = *entry.path});
        } else {
            namespaces.created |= clone_flag_of(entry.type);
        }
    }
    return namespaces;
}

UserMappings plan_user_mappings(const spec::Linux& linux_section, const Namespaces& namespaces,
                                const host::Facts& facts, std::vector<std::string>& warnings) {
    UserMappings mappings;
    // user_namespaces(7): what is denied in a user namespace is denied in all below it.
    mappings.groups_denied = facts.own_user_namespace && facts.own_user_namespace->groups_denied;
    if (const JoinedNamespace* joined = namespaces.joined_of(NamespaceType::user)) {
        if (!facts.joined_user_namespace) fail("join the user namespace", joined->path, "its mappings are not known");
        const host::UserNamespaceMaps& maps = *facts.joined_user_namespace;
        mappings.mapped = true;
        mappings.groups_denied = maps.groups_denied;
        mappings.uids = joined_mapping(maps.uid_map, linux_section.uid_mappings, "uidMappings", joined->path);
        mappings.gids = joined_mapping(maps.gid_map, linux_section.gid_mappings, "gidMappings", joined->path);
        return mappings;
    }
    if (namespaces.creates(NamespaceType::user)) {
        require_mapping(linux_section.uid_mappings, "uidMappings");
        require_mapping(linux_section.gid_mappings, "gidMappings");
        mappings.mapped = true;
        mappings.uids = IdMappings::validate(linux_section.uid_mappings, linux_object() / "uidMappings");
        mappings.gids = IdMappings::validate(linux_section.gid_mappings, linux_object() / "gidMappings");
        if (!may_map_any_id(facts)) choose_unprivileged_writers(facts, mappings);
        return mappings;
    }
    if (facts.own_user_namespace) {
        mappings.uids = existing_ids(facts.own_user_namespace->uid_map);
        mappings.gids = existing_ids(facts.own_user_namespace->gid_map);
    }
    if (!linux_section.uid_mappings.empty() || !linux_section.gid_mappings.empty()) {
        warnings.push_back(concat("/linux/uidMappings and /linux/gidMappings are ignored, because ",
                                  namespaces.missing(NamespaceType::user).reason,
                                  ": the container runs with the ids of the host"));
    }
    return mappings;
}

}  // namespace rt::plan
