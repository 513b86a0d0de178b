#pragma once

#include <sys/resource.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rt/plan/kept_groups.hpp"
#include "rt/plan/labels.hpp"
#include "rt/plan/memory_policy.hpp"
#include "rt/plan/namespaces.hpp"
#include "rt/plan/personality.hpp"
#include "rt/plan/scheduling.hpp"
#include "rt/plan/seccomp.hpp"

namespace rt::plan {

/// The ids of a process, as the container counts them.
struct Credentials {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
    bool keeps_groups =
        false;  ///< those of the caller stay: so it is wanted, or setgroups(2) is denied in the namespace
};

/// Bit n of a set is capability n (capabilities(7)).
struct CapabilitySets {
    std::uint64_t bounding = 0;
    std::uint64_t permitted = 0;
    std::uint64_t effective = 0;
    std::uint64_t inheritable = 0;
    std::uint64_t ambient = 0;
};

struct ResourceLimit {
    int resource = 0;  ///< RLIMIT_*
    std::uint64_t soft = 0;
    std::uint64_t hard = 0;
};

/// The program of the container with everything that is set for it; nothing is left to decide.
struct Process {
    std::vector<std::string> args;
    std::vector<std::string> env;  ///< without duplicates; HOME is added by init when it is missing
    std::string cwd;
    bool makes_cwd = false;  ///< a working directory that is missing is made
    bool terminal = false;
    std::optional<spec::ConsoleSize> console_size;
    Credentials credentials;
    std::optional<std::uint32_t> umask;
    CapabilitySets capabilities;
    std::vector<ResourceLimit> limits;  ///< but that of open files
    /// Set last: rt itself needs descriptors until the program is started.
    std::optional<ResourceLimit> open_files;
    bool no_new_privileges = false;
    std::optional<Seccomp> seccomp;  ///< of /linux: whatever runs in the container gets the same
    std::optional<int> oom_score_adj;
    Scheduling scheduling;
    std::optional<MemoryPolicy> memory_policy;  ///< of /linux, as personality
    std::optional<unsigned long> personality;   ///< for personality(2)
    Labels labels;
    std::string session_keyring;  ///< its name; empty: the one of the caller stays
};

/// The names of the limits (getrlimit(2)).
struct ResourceLimitName {
    std::string_view name;
    int resource;
};
inline constexpr std::array<ResourceLimitName, 16> resource_limit_names{{
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
}};

/// \throws Error with the pointer: an id outside of the mapping, an unknown or repeated limit, soft above hard
Process plan_process(const spec::Process& process, const Namespaces& namespaces, const UserMappings& mappings,
                     const host::Facts& facts, std::vector<std::string>& warnings,
                     Groups groups = Groups::as_configured);

/// Adds what /linux sets for whatever runs in the container: the system call filter, memory policy and personality.
/// \throws Error with the pointer
void add_attributes(const spec::Linux& linux_section, const Namespaces& namespaces, const host::Facts& facts,
                    Process& process);

/// Refuses a terminal that nobody would hold the other side of, and somebody for it without one. `detach`: nobody stays with the
/// process. \throws Error
void check_terminal(bool terminal, bool detach, bool console_socket);

}  // namespace rt::plan
