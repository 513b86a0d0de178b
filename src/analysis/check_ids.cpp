#include "rt/analysis/check_ids.hpp"

#include <fcntl.h>

#include <algorithm>
#include <set>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::analysis {

namespace {

struct Kind {
    const char* pointer;   // in config.json
    const char* accounts;  // "users"
    const char* file;      // of the ranges
};

constexpr Kind of_users{.pointer = "/linux/uidMappings/", .accounts = "users", .file = "/etc/subuid"};
constexpr Kind of_groups{.pointer = "/linux/gidMappings/", .accounts = "groups", .file = "/etc/subgid"};
constexpr std::uint32_t nobody = 65534;  // an account for ids that have none

// Names of the accounts whose number, the third field of passwd(5) and group(5), is in the range.
std::vector<std::string> accounts_in(std::string_view text, const spec::IdMapping& mapping) {
    std::vector<std::string> names;
    for (const std::string& line : split(text, '\n')) {
        const std::vector<std::string> fields = split(line, ':');
        const auto id = fields.size() < 3 ? std::nullopt : parse_number<std::uint32_t>(fields[2]);
        if (!id || *id == nobody || *id < mapping.host_id || *id - mapping.host_id >= mapping.size) continue;
        names.push_back(concat(fields[0], " (", *id, ")"));
    }
    return names;
}

std::string some_of(std::vector<std::string> names) {
    constexpr std::size_t most = 3;
    const std::size_t count = names.size();
    names.resize(std::min(most, count));
    return join(names, ", ") + (count > most ? concat(" and ", count - most, " more") : "");
}

std::set<std::string> owners_in(const std::vector<host::SubordinateRange>& ranges, const spec::IdMapping& mapping) {
    std::set<std::string> owners;
    const std::uint64_t end = std::uint64_t{mapping.host_id} + mapping.size;
    for (const host::SubordinateRange& range : ranges) {
        if (range.first < end && mapping.host_id < range.end()) owners.insert(range.owner);
    }
    return owners;
}

void check_mapping(const Kind& kind, const std::string& object, const spec::IdMapping& mapping,
                   std::string_view accounts, const std::vector<host::SubordinateRange>& ranges, Findings& findings) {
    const auto warn = [&](std::string cause, std::string hint) {
        findings.push_back(
            {.level = Level::warning, .object = object, .cause = std::move(cause), .hint = std::move(hint)});
    };
    if (mapping.host_id == 0) {
        warn("id 0 of the host is mapped: the container's id is root for the files of the host",
             "map to ids that nobody has, from 100000 on");
        return;
    }
    if (mapping.size == 1) return;
    const std::vector<std::string> names = accounts_in(accounts, mapping);
    if (!names.empty())
        warn(concat("the range has ", kind.accounts, " of the host: ", some_of(names),
                    "; their files and processes are the container's too"),
             "take a range that no account is in: /etc/subuid and /etc/subgid list those that are set apart");
    const std::set<std::string> owners = owners_in(ranges, mapping);
    if (owners.size() > 1)
        warn(concat("the range belongs to several users by ", kind.file, ": ", some_of({owners.begin(), owners.end()}),
                    "; their containers share ids"),
             "give each container ids of one user, or ids of nobody");
}

std::string text_of(const char* path) { return os::try_read_file(AT_FDCWD, path).value_or(""); }

}  // namespace

HostIds read_host_ids() {
    return {.passwd = text_of("/etc/passwd"),
            .group = text_of("/etc/group"),
            .uids = host::parse_subordinate_ranges(text_of(of_users.file)),
            .gids = host::parse_subordinate_ranges(text_of(of_groups.file))};
}

Findings check_ids(const plan::UserMappings& mappings, const HostIds& host) {
    Findings findings;
    if (!mappings.mapped) return findings;
    for (std::size_t i = 0; i < mappings.uids.entries().size(); ++i)
        check_mapping(of_users, concat(of_users.pointer, i), mappings.uids.entries()[i], host.passwd, host.uids,
                      findings);
    for (std::size_t i = 0; i < mappings.gids.entries().size(); ++i)
        check_mapping(of_groups, concat(of_groups.pointer, i), mappings.gids.entries()[i], host.group, host.gids,
                      findings);
    return findings;
}

}  // namespace rt::analysis
