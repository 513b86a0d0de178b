#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/spec/process.hpp"

namespace rt::plan {

/// The container's own lists of users and groups (passwd(5), group(5)): files of the image; absent: not there.
struct UserFiles {
    std::optional<std::string> passwd;
    std::optional<std::string> group;
};

/// What the command line says of the user of a process.
struct UserWords {
    std::optional<std::string> user;  ///< USER[:GROUP], each a number or a name
    std::vector<std::string> groups;  ///< further groups, each a number or a name
};

/// Whether the container's files are needed to understand the words.
bool uses_names(const UserWords& words) noexcept;

/// Changes `user` to what the words say. A number is one from 0 to 4294967294 in decimal digits and nothing else
/// (CVE-2026-30892: what was not understood became root). What the words leave open stays, but for a user that is named: its
/// account brings its groups along. \throws Error: a number out of range, a name that the files do not have
void choose_user(const UserWords& words, const UserFiles& files, spec::User& user);

}  // namespace rt::plan
