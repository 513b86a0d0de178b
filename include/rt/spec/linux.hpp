#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/spec/id_mapping.hpp"
#include "rt/spec/resources.hpp"
#include "rt/spec/seccomp.hpp"

namespace rt::spec {

/// A namespace to create, or to join when it has a path (config-linux.md "Namespaces").
struct Namespace {
    NamespaceType type{};
    std::optional<std::string> path;  ///< absolute; an empty one in config.json counts as absent
};

/// A device file to make (config-linux.md "Devices").
struct Device {
    char type = 'c';                     ///< 'c', 'b', 'u' (as 'c') or 'p' (a fifo)
    std::string path;                    ///< absolute, in the container
    std::optional<std::uint32_t> major;  ///< required unless it is a fifo, ignored then
    std::optional<std::uint32_t> minor;
    std::optional<std::uint32_t> file_mode;  ///< permission bits, 0 to 07777
    std::optional<std::uint32_t> uid;        ///< owner, as the container counts
    std::optional<std::uint32_t> gid;
};

/// A network device of the runtime's network namespace to move (config-linux.md "Network Devices").
struct NetDevice {
    std::string host_name;
    std::string name;  ///< in the container; empty when not given: the same
};

/// Offset of a clock of the time namespace (config-linux.md "Offset for Time Namespace").
struct TimeOffset {
    std::int64_t secs = 0;
    std::uint32_t nanosecs = 0;
};
struct TimeOffsets {
    std::optional<TimeOffset> monotonic;
    std::optional<TimeOffset> boottime;
};

/// NUMA memory policy (config-linux.md "Memory policy"); the words are unchecked.
struct MemoryPolicy {
    std::string mode;   ///< "MPOL_BIND"
    std::string nodes;  ///< "0-3,7"; empty when not given
    std::vector<std::string> flags;
};

/// Intel Resource Director Technology (config-linux.md "IntelRdt"). No text holds a newline.
struct IntelRdt {
    std::string clos_id;  ///< empty when not given
    std::vector<std::string> schemata;
    std::string l3_cache_schema;
    std::string mem_bw_schema;  ///< begins with "MB:" when given
    bool enable_monitoring = false;
};

/// The execution domain (config-linux.md "Personality"); the words are unchecked.
struct Personality {
    std::string domain;  ///< "LINUX" or "LINUX32"
    std::vector<std::string> flags;
};

/// The Linux part of config.json (config-linux.md). The reader does not compare namespaces with mappings or with
/// each other: their places are /linux/namespaces/I, /linux/uidMappings/I, /linux/gidMappings/I.
struct Linux {
    std::vector<Namespace> namespaces;
    std::vector<IdMapping> uid_mappings;  ///< empty when missing: to the kernel both are the same
    std::vector<IdMapping> gid_mappings;
    std::optional<TimeOffsets> time_offsets;
    std::vector<Device> devices;
    std::vector<NetDevice> net_devices;  ///< sorted by the name on the host
    std::string cgroups_path;            ///< empty when not given
    Resources resources;
    std::optional<IntelRdt> intel_rdt;
    std::optional<MemoryPolicy> memory_policy;
    std::map<std::string, std::string> sysctl;
    std::optional<Seccomp> seccomp;
    std::string rootfs_propagation;           ///< the word as given, unchecked; empty when not given
    std::vector<std::string> masked_paths;    ///< each absolute
    std::vector<std::string> readonly_paths;  ///< each absolute
    std::string mount_label;                  ///< empty when not given
    std::optional<Personality> personality;
};

}  // namespace rt::spec
