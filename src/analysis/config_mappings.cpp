#include "rt/analysis/config_mappings.hpp"

#include <fcntl.h>

#include "rt/host/facts.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::analysis {

namespace {

ProcessMappings mappings_of_joined(const std::string& path) {
    const os::Procfs procfs = os::Procfs::open();
    const os::UniqueFd file = os::open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
    const host::UserNamespaceMaps maps = host::read_user_namespace(procfs, file.get(), path);
    const auto validated = [](const std::string& text) {
        return plan::IdMappings::validate(plan::parse_proc_mappings(text).value_or(std::vector<spec::IdMapping>()), {});
    };
    return {.own = false, .uids = validated(maps.uid_map), .gids = validated(maps.gid_map)};
}

}  // namespace

ProcessMappings mappings_of_config(const spec::Linux& section) {
    const plan::Namespaces namespaces = plan::plan_namespaces(section);
    if (const plan::JoinedNamespace* joined = namespaces.joined_of(NamespaceType::user))
        return mappings_of_joined(joined->path);
    if (!namespaces.creates(NamespaceType::user)) return {.own = true, .uids = {}, .gids = {}};
    const JsonPointer place("/linux");
    return {.own = false,
            .uids = plan::IdMappings::validate(section.uid_mappings, place / "uidMappings"),
            .gids = plan::IdMappings::validate(section.gid_mappings, place / "gidMappings")};
}

}  // namespace rt::analysis
