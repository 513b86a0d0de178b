#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/host/facts.hpp"
#include "rt/plan/id_mappings.hpp"
#include "rt/spec/spec.hpp"

namespace rt::plan {

/// A namespace that exists and is entered.
struct JoinedNamespace {
    NamespaceType type{};
    std::string path;
};

/// Why a container has no namespace of a type, and what to do, for an error about what needs one.
struct MissingNamespace {
    std::string reason;
    std::string hint;
};

/// Which namespaces the container gets: new, joined, or (neither) those of the caller.
struct Namespaces {
    std::uint64_t created = 0;  ///< CLONE_NEW* flags
    std::vector<JoinedNamespace> joined;
    /// Listed with a path to the caller's own, which is like not listed.
    std::map<NamespaceType, std::string> paths_to_own;

    bool creates(NamespaceType type) const noexcept { return (created & clone_flag_of(type)) != 0; }
    const JoinedNamespace* joined_of(NamespaceType type) const noexcept;
    bool joins(NamespaceType type) const noexcept { return joined_of(type) != nullptr; }
    /// Whether the container has one that is not the caller's.
    bool has(NamespaceType type) const noexcept { return creates(type) || joins(type); }
    /// For a type that has() denies.
    MissingNamespace missing(NamespaceType type) const;
};

/// How a map of a new user namespace gets written (user_namespaces(7)).
struct MapWriter {
    enum class Kind : std::uint8_t {
        privileged,  ///< by rt, which holds CAP_SETUID and CAP_SETGID: any mapping
        own_id,      ///< by rt: one line that maps the caller's own id
        helper       ///< by newuidmap(1) or newgidmap(1): ranges that are given to the caller, and the own id
    };
    Kind kind = Kind::privileged;
    std::string helper;     ///< its path
    std::uint32_t own = 0;  ///< the caller's id, which a helper takes in an entry of its own only

    bool operator==(const MapWriter&) const = default;
};

/// The ids of the container, as its user namespace maps them to the host.
struct UserMappings {
    bool mapped = false;         ///< false: the caller's user namespace, every id is itself
    bool groups_denied = false;  ///< setgroups(2) is forbidden in the namespace
    MapWriter uid_writer;        ///< for a new namespace
    MapWriter gid_writer;
    IdMappings uids;  ///< not mapped: the ids that exist in the caller's user namespace; empty in the initial one: all
    IdMappings gids;

    std::optional<std::uint32_t> uid_to_host(std::uint32_t uid) const noexcept;
    std::optional<std::uint32_t> gid_to_host(std::uint32_t gid) const noexcept;

    /// What a process is while it prepares itself or the container: id 0 where the namespace has it; otherwise one that is
    /// certain to exist, that of the program (`process_id`) if it does.
    std::uint32_t setup_uid(std::uint32_t process_id) const noexcept;
    std::uint32_t setup_gid(std::uint32_t process_id) const noexcept;
};

/// \param paths_to_own what was taken out of the list, because it is the caller's own
/// \throws Error: a duplicated type, a path that is not absolute
Namespaces plan_namespaces(const spec::Linux& linux_section, std::map<NamespaceType, std::string> paths_to_own = {});

/// Decides the mappings: those of the config for a new user namespace, those of the namespace for a joined one.
/// Mappings without a user namespace are ignored, with a warning added to `warnings`.
/// \throws Error: a missing or wrong mapping; one that the caller may not write; one that differs from the joined namespace's
UserMappings plan_user_mappings(const spec::Linux& linux_section, const Namespaces& namespaces,
                                const host::Facts& facts, std::vector<std::string>& warnings);

}  // namespace rt::plan
