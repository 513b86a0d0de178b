#include "rt/plan/accounts.hpp"

#include <algorithm>

#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

std::optional<Account> read_account(const std::string& line) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.size() < 6) return std::nullopt;
    const auto uid = parse_number<std::uint32_t>(fields[2]);
    const auto gid = parse_number<std::uint32_t>(fields[3]);
    if (!uid || !gid) return std::nullopt;
    return Account{.name = fields[0], .uid = *uid, .gid = *gid, .home = fields[5]};
}

template <class Wanted>
std::optional<Account> find_in(std::string_view passwd, Wanted wanted) {
    for (const std::string& line : split(passwd, '\n')) {
        std::optional<Account> account = read_account(line);
        if (account && wanted(*account)) return account;
    }
    return std::nullopt;
}

struct Group {
    std::string name;
    std::uint32_t gid = 0;
    std::vector<std::string> members;
};

std::vector<Group> read_groups(std::string_view text) {
    std::vector<Group> groups;
    for (const std::string& line : split(text, '\n')) {
        const std::vector<std::string> fields = split(line, ':');
        const auto gid = fields.size() < 3 ? std::nullopt : parse_number<std::uint32_t>(fields[2]);
        if (!gid) continue;
        groups.push_back({fields[0], *gid, fields.size() > 3 ? split(fields[3], ',') : std::vector<std::string>{}});
    }
    return groups;
}

}  // namespace

std::optional<Account> find_account(std::string_view passwd, std::string_view name) {
    return find_in(passwd, [&](const Account& account) { return account.name == name; });
}

std::optional<Account> find_account(std::string_view passwd, std::uint32_t uid) {
    return find_in(passwd, [&](const Account& account) { return account.uid == uid; });
}

std::optional<std::uint32_t> find_group(std::string_view group, std::string_view name) {
    const std::vector<Group> groups = read_groups(group);
    const auto found = std::ranges::find(groups, name, &Group::name);
    if (found == groups.end()) return std::nullopt;
    return found->gid;
}

std::vector<std::uint32_t> groups_of(std::string_view group, std::string_view user) {
    std::vector<std::uint32_t> gids;
    for (const Group& entry : read_groups(group)) {
        if (std::ranges::find(entry.members, user) != entry.members.end()) gids.push_back(entry.gid);
    }
    return gids;
}

std::vector<NamedId> names_of_users(std::string_view passwd) {
    std::vector<NamedId> names;
    for (const std::string& line : split(passwd, '\n')) {
        if (std::optional<Account> account = read_account(line))
            names.push_back({.name = std::move(account->name), .id = account->uid});
    }
    return names;
}

std::vector<NamedId> names_of_groups(std::string_view group) {
    std::vector<NamedId> names;
    for (Group& entry : read_groups(group)) names.push_back({.name = std::move(entry.name), .id = entry.gid});
    return names;
}

}  // namespace rt::plan
