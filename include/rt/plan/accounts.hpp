#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::plan {

/// A line of an /etc/passwd (passwd(5)).
struct Account {
    std::string name;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string home;
};

// The texts are files of an image: a line that is not of the form is passed over, and of several the first counts.
std::optional<Account> find_account(std::string_view passwd, std::string_view name);
std::optional<Account> find_account(std::string_view passwd, std::uint32_t uid);

/// The number of a group in an /etc/group (group(5)).
std::optional<std::uint32_t> find_group(std::string_view group, std::string_view name);
/// The groups that list the user as a member, in listed order.
std::vector<std::uint32_t> groups_of(std::string_view group, std::string_view user);

/// An id and what it is called.
struct NamedId {
    std::string name;
    std::uint32_t id = 0;

    bool operator==(const NamedId&) const = default;
};

/// All users of an /etc/passwd, all groups of an /etc/group, in listed order.
std::vector<NamedId> names_of_users(std::string_view passwd);
std::vector<NamedId> names_of_groups(std::string_view group);

}  // namespace rt::plan
