#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rt/analysis/finding.hpp"
#include "rt/host/subordinate_ids.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::analysis {

/// Who the ids of the host belong to: texts of /etc/passwd and /etc/group, and the ranges of /etc/subuid and /etc/subgid.
struct HostIds {
    std::string passwd;
    std::string group;
    std::vector<host::SubordinateRange> uids;
    std::vector<host::SubordinateRange> gids;
};

/// Reads them; what is missing is empty.
HostIds read_host_ids();

/// Warnings about the ids that a mapping gives to a container: root of the host, real accounts in a range, ids that belong
/// to several users at once. One id alone is meant: it is no accident. Pure.
Findings check_ids(const plan::UserMappings& mappings, const HostIds& host);

}  // namespace rt::analysis
