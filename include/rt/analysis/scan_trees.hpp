#pragma once

#include <string>
#include <vector>

#include "rt/analysis/scan.hpp"
#include "rt/spec/spec.hpp"

#undef linux  // the GNU dialects of C++ define it to 1

namespace rt::analysis {

/// The trees of files that a container sees of the host: the rootfs and the sources of its bind mounts, in listed order.
/// `bundle` is the directory that relative paths start from; `idmap_rootfs`: rt run is given that option.
/// \throws Error: mappings of a mount that the kernel would not take
std::vector<ScanTree> trees_of(const spec::Spec& spec, const std::string& bundle, const ProcessMappings& mappings,
                               bool idmap_rootfs);

}  // namespace rt::analysis
