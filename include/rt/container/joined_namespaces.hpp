#pragma once

#include <map>
#include <string>
#include <vector>

#include "rt/host/facts.hpp"
#include "rt/init/init.hpp"
#include "rt/os/procfs.hpp"
#include "rt/spec/linux.hpp"

namespace rt::container {

/// What the paths in /linux/namespaces lead to.
struct NamespacesByPath {
    std::vector<init::OpenNamespace> others;            ///< to be joined
    std::map<NamespaceType, std::string> paths_to_own;  ///< rt is in them already
};

/// Opens the namespaces that the config joins, with the caller's rights, and checks that each is of the type the config
/// says. Those that rt is in already are taken out of the config: a path to them is the same as no entry.
/// \throws Error that names the type the file really has
NamespacesByPath open_namespaces(spec::Linux& linux_section);

/// Adds what the plan has to know about them. \throws Error: a user namespace that may not be joined
void add_facts(host::Facts& facts, const std::vector<init::OpenNamespace>& namespaces, const os::Procfs& procfs);

}  // namespace rt::container
