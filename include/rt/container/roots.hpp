#pragma once

#include <string>
#include <vector>

namespace rt::container {

/// Where the state of containers lies.
struct Roots {
    std::string own;                      ///< where create makes new ones: --root, or the default of this user
    bool given = false;                   ///< by --root: then a missing directory is an error for `list`
    std::vector<std::string> also_shown;  ///< others that state, ps and list look into afterwards: /run/rt
};

/// The default: /run/rt for root; $XDG_RUNTIME_DIR/rt for others, with /run/rt to be shown too. `given` is the
/// value of --root, or empty. \throws Error: neither is known
Roots choose_roots(const std::string& given);

}  // namespace rt::container
