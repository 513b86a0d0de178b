#pragma once

#include <string>
#include <vector>

#include "rt/spec/id_mapping.hpp"

namespace rt::spec {

/// One file system to mount, in the order of /mounts (config.md "Mounts").
struct Mount {
    std::string destination;           ///< inside the container; SHOULD be absolute, a relative one is taken from "/"
    std::string type;                  ///< file system type; empty when not given, a dummy for bind mounts
    std::string source;                ///< of a bind mount: absolute or relative to the bundle; empty when not given
    std::vector<std::string> options;  ///< in the order given
    std::vector<IdMapping> uid_mappings;  ///< of an id-mapped mount; empty when not given
    std::vector<IdMapping> gid_mappings;
};

}  // namespace rt::spec
