#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/spec/hooks.hpp"
#include "rt/spec/linux.hpp"
#include "rt/spec/mount.hpp"
#include "rt/spec/process.hpp"

#undef linux  // the GNU dialects of C++ define it to 1, and here it is the spec's word

namespace rt::spec {

/// The container's root file system (config.md "Root").
struct Root {
    std::string path;  ///< absolute or relative to the bundle, not empty
    bool readonly = false;
};

/// config.json as the OCI runtime spec describes it: typed, but nothing decided and fields not compared with
/// each other. A field keeps the spec's word, so that its JSON pointer can be told from its name, and arrays keep
/// their order.
struct Spec {
    std::string oci_version;  ///< SemVer, major version 1
    Root root;
    std::vector<Mount> mounts;
    std::optional<Process> process;       ///< absent: the container can be created, not started (runtime.md "Start")
    std::optional<std::string> hostname;  ///< may be set and empty
    std::optional<std::string> domainname;
    Hooks hooks;
    std::map<std::string, std::string> annotations;
    Linux linux;
};

}  // namespace rt::spec
