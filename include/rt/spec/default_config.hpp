#pragma once

#include <cstdint>
#include <string>

namespace rt::spec {

struct DefaultConfigOptions {
    bool rootless = false;  ///< for a caller without privileges: a user namespace with a single id
    std::uint32_t uid = 0;  ///< the caller's ids, to which root in the container is mapped; used when rootless
    std::uint32_t gid = 0;
};

/// The text of the config.json that `rt spec` writes: a shell on a terminal, with the isolation that is customary
/// among OCI runtimes. read() takes it.
std::string default_config(const DefaultConfigOptions& options);

}  // namespace rt::spec
