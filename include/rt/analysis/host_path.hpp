#pragma once

#include <string>

#include "rt/analysis/finding.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::analysis {

/// The finding that the caller cannot open `path` on the host: which part of it is missing, or may not be searched, and by
/// whom. \param object where config.json has it \param what "the rootfs" \param code errno of the attempt
Finding finding_about_host_path(std::string object, const std::string& what, const std::string& path, int code);

/// What on the way to a path of the host keeps `user` from it, by its ids of the host; empty: nothing that shows.
std::string describe_obstacle(const std::string& path, const plan::FileUser& user, const plan::UserMappings& mappings);

}  // namespace rt::analysis
