#pragma once

#include <vector>

#include "rt/host/facts.hpp"
#include "rt/init/init.hpp"
#include "rt/os/procfs.hpp"
#include "rt/spec/linux.hpp"

namespace rt::container {

/// Opens the namespaces that the config joins, with the caller's rights, and checks that each is of the type the config
/// says. Those that rt is in already are taken out of the config: a path to them is the same as no entry.
/// \throws Error that names the type the file really has
std::vector<init::OpenNamespace> open_namespaces(spec::Linux& linux_section);

/// Adds what the plan has to know about them. \throws Error: a user namespace that may not be joined
void add_facts(host::Facts& facts, const std::vector<init::OpenNamespace>& namespaces, const os::Procfs& procfs);

}  // namespace rt::container
