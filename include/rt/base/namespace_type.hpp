#pragma once

#include <sched.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080  // Linux 5.6; absent from older C libraries
#endif

namespace rt {

/// The kinds of namespaces of Linux (namespaces(7), config-linux.md "Namespaces").
enum class NamespaceType : std::uint8_t { user, pid, mount, network, ipc, uts, cgroup, time };

/// One row per kind: the word of the OCI spec, the name in /proc/PID/ns, the flag of clone(2) and setns(2).
struct NamespaceTypeEntry {
    NamespaceType type;
    std::string_view name;
    std::string_view proc_name;
    std::uint64_t clone_flag;
};

inline constexpr std::array<NamespaceTypeEntry, 8> namespace_types{{
    {NamespaceType::user, "user", "user", CLONE_NEWUSER},
    {NamespaceType::pid, "pid", "pid", CLONE_NEWPID},
    {NamespaceType::mount, "mount", "mnt", CLONE_NEWNS},
    {NamespaceType::network, "network", "net", CLONE_NEWNET},
    {NamespaceType::ipc, "ipc", "ipc", CLONE_NEWIPC},
    {NamespaceType::uts, "uts", "uts", CLONE_NEWUTS},
    {NamespaceType::cgroup, "cgroup", "cgroup", CLONE_NEWCGROUP},
    {NamespaceType::time, "time", "time", CLONE_NEWTIME},
}};

constexpr const NamespaceTypeEntry& entry_of(NamespaceType type) {
    return namespace_types[static_cast<std::size_t>(type)];
}

constexpr std::string_view name_of(NamespaceType type) { return entry_of(type).name; }
constexpr std::uint64_t clone_flag_of(NamespaceType type) { return entry_of(type).clone_flag; }

/// The kind with that word of the spec; empty for an unknown word.
constexpr std::optional<NamespaceType> namespace_type_of(std::string_view name) {
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (entry.name == name) return entry.type;
    }
    return std::nullopt;
}

/// The kind with that CLONE_NEW* flag, as ioctl NS_GET_NSTYPE answers it; empty for another flag.
constexpr std::optional<NamespaceType> namespace_type_of_flag(std::uint64_t flag) {
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if (entry.clone_flag == flag) return entry.type;
    }
    return std::nullopt;
}

}  // namespace rt
