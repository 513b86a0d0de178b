#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rt/analysis/namespaces.hpp"
#include "rt/analysis/process_attributes.hpp"
#include "rt/analysis/process_ids.hpp"
#include "rt/cgroup/cpu_limits.hpp"
#include "rt/cgroup/stats.hpp"
#include "rt/os/mountinfo.hpp"
#include "rt/plan/container_state.hpp"
#include "rt/spec/spec.hpp"

namespace rt::analysis {

/// One thing that is not as config.json has it.
struct Difference {
    std::string place;   ///< in config.json
    std::string config;  ///< what stands there, in words; empty: nothing
    std::string actual;  ///< what there is; empty: nothing
    std::string reason;  ///< empty: unknown
};

/// What a path of the container leads to.
struct PathInside {
    bool exists = false;
    std::uint64_t mount = 0;  ///< the kernel's number of the mount that it is on
    bool mount_root = false;  ///< something is mounted on it
};

/// What a running container has, by its first process.
struct Explanation {
    std::string id;
    plan::Status status{};
    pid_t pid = 0;
    std::string bundle;
    ProcessAttributes process;
    ProcessMappings mappings;
    NamespaceReport namespaces;          ///< those that the process is in
    std::vector<os::MountInfo> mounts;   ///< as it sees them
    std::vector<std::string> cgroups;    ///< absolute directories
    std::optional<cgroup::Stats> usage;  ///< absent: it has no cgroup of its own
    cgroup::CpuLimits cpu;
    std::vector<Difference> differences;
};

/// What is looked up for the comparison with a config.
struct Surroundings {
    std::map<std::string, PathInside> paths;  ///< those of paths_in()
    std::map<NamespaceType, std::uint64_t>
        named_namespaces;  ///< inodes of those that the config joins by path, as far as they exist
};

/// The paths in the container that differences() has to know.
std::vector<std::string> paths_in(const spec::Spec& spec);

/// What is not as the config says. Not compared are device rules, hooks, hostname, kernel parameters, environment and what execve(2)
/// has replaced. Pure.
std::vector<Difference> differences(const spec::Spec& spec, const Explanation& container,
                                    const Surroundings& surroundings);

/// What people read: a title and a table, whose first row may have headings.
struct ExplanationSection {
    std::string title;
    std::vector<std::vector<std::string>> rows;
};
std::vector<ExplanationSection> explanation_sections(const Explanation& container);
/// The JSON document of rt-explain(8).
std::string explanation_json(const Explanation& container);

}  // namespace rt::analysis
