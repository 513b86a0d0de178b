#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rt/spec/id_mapping.hpp"

namespace rt::spec {

struct DefaultConfigOptions {
    bool rootless = false;  ///< for a caller without privileges: nothing in it needs them
    bool terminal = true;
    std::vector<std::string> args{"sh"};
    std::vector<IdMapping> uids;  ///< of a new user namespace; empty: none is made
    std::vector<IdMapping> gids;
    std::uint32_t uid = 0;  ///< of the process, as the container counts
    std::uint32_t gid = 0;
    std::map<std::string, std::string> annotations;
};

/// The text of the config.json that `rt spec` writes: a shell, or the given program, with the isolation that is customary
/// among OCI runtimes. read() takes it.
std::string default_config(const DefaultConfigOptions& options);

}  // namespace rt::spec
