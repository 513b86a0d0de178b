#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rt::container {

/// Where the state of containers lies.
struct Roots {
    std::string own;                      ///< where create makes new ones: --root, or the default of this user
    bool given = false;                   ///< by --root: then a missing directory is an error for `list`
    std::vector<std::string> also_shown;  ///< others that state, ps and list look into afterwards: /run/rt
};

/// Whether rt is used without the privileges of the system's root.
enum class Rootless : std::uint8_t {
    by_caller,  ///< as the caller's ids and user namespace say
    yes,
    no
};

/// The default: /run/rt for root; $XDG_RUNTIME_DIR/rt for others, and for root of a user namespace when the variable is
/// set, with /run/rt to be shown too. `given` is the value of --root, or empty. `own` is empty where neither is known.
Roots choose_roots(const std::string& given, Rootless rootless);

/// \throws Error: `own` is empty
void require_root(const Roots& roots);

}  // namespace rt::container
