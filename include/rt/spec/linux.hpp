#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"

namespace rt::spec {

/// A namespace to create, or to join when it has a path (config-linux.md "Namespaces").
struct Namespace {
    NamespaceType type{};
    std::optional<std::string> path;  ///< absolute; an empty one in config.json counts as absent
};

/// A range of ids of a user namespace (config-linux.md "User namespace mappings"). Neither size 0 nor ranges that
/// overlap or leave the 32 bits are refused by the reader.
struct IdMapping {
    std::uint32_t container_id = 0;
    std::uint32_t host_id = 0;
    std::uint32_t size = 0;
};

enum class DeviceRuleType : char { all = 'a', character = 'c', block = 'b' };

/// One rule of the allowed device list, in listed order (config-linux.md "Allowed Device list").
struct DeviceRule {
    bool allow = false;
    DeviceRuleType type = DeviceRuleType::all;
    std::optional<std::uint32_t> major;  ///< absent, or -1 in config.json as Docker writes it: all
    std::optional<std::uint32_t> minor;  ///< likewise
    std::string access;                  ///< made of r, w and m; empty when not given: all three
};

/// What the container's cgroup is set to (config-linux.md "Control groups").
struct Resources {
    std::vector<DeviceRule> devices;
};

/// The Linux part of config.json (config-linux.md). The reader does not compare namespaces with mappings or with
/// each other: their places are /linux/namespaces/I, /linux/uidMappings/I, /linux/gidMappings/I.
struct Linux {
    std::vector<Namespace> namespaces;
    std::vector<IdMapping> uid_mappings;  ///< empty when missing: to the kernel both are the same
    std::vector<IdMapping> gid_mappings;
    std::string cgroups_path;  ///< empty when not given
    Resources resources;
    std::string rootfs_propagation;           ///< the word as given, unchecked; empty when not given
    std::vector<std::string> masked_paths;    ///< each absolute
    std::vector<std::string> readonly_paths;  ///< each absolute
};

}  // namespace rt::spec
