#pragma once

#include <string>
#include <vector>

#include "rt/host/subordinate_ids.hpp"

namespace rt::host {

/// What an ordinary user may map into a user namespace besides the own id, and by which programs.
struct SubordinateIds {
    std::string user;  ///< the name; the number, where /etc/passwd has none
    std::vector<SubordinateRange> uids;
    std::vector<SubordinateRange> gids;
    std::string uid_helper;  ///< path of newuidmap(1); empty: there is none
    std::string gid_helper;  ///< path of newgidmap(1)
};

/// Of the user with that number. \throws Error: /etc/subuid or /etc/subgid cannot be read
SubordinateIds take_subordinate_ids(std::uint32_t uid);

/// The program of that name in the first absolute directory of `path` (a list as in $PATH) that has it as an executable file;
/// empty when none does. Relative directories are passed over: what they lead to depends on where rt is called.
std::string find_helper(const std::string& name, const std::string& path);

/// Why the helper, which needs that capability, has not got the privileges it needs; both empty when that cannot be seen.
struct Powerlessness {
    std::string reason;
    std::string hint;
};
Powerlessness explain_powerless_helper(const std::string& helper, unsigned capability);

}  // namespace rt::host
