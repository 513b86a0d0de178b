#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/plan/mounts.hpp"
#include "rt/spec/linux.hpp"

namespace rt::plan {

/// How a device comes to its place.
enum class DeviceMethod : std::uint8_t {
    in_device_tmpfs,  ///< the runtime makes it in the tmpfs for /dev
    make_node,        ///< init: mknod(2)
    bind_node,  ///< init binds one that the runtime made: in a user namespace a node of one's own could not be opened
    bind_host,  ///< init binds the node of the host
    must_exist  ///< the place is in a directory of the host: nothing is made there
};

/// A device file, with nothing left to decide.
struct Device {
    std::string place;  ///< in config.json, for messages; empty: a default device that is not listed there
    std::string path;   ///< absolute, tidy, without ".."
    mode_t type = S_IFCHR;
    std::uint32_t major = 0;  ///< major and minor are 0 for a fifo
    std::uint32_t minor = 0;
    std::uint32_t mode = 0666;
    DeviceMethod method{};
    std::optional<std::uint32_t> asked_mode;  ///< bind_host: the node must have it; absent: whatever it has
    std::optional<std::uint32_t> asked_uid;   ///< as the container counts; absent: that of the container's root
    std::optional<std::uint32_t> asked_gid;
    std::uint32_t host_uid = 0;  ///< the owner as the host counts, for what the runtime makes
    std::uint32_t host_gid = 0;
};

struct DeviceCircumstances {
    const MountCircumstances& mounts;
    bool mount_namespace = true;  ///< the container has one of its own: something can be bound
};

/// The default devices null, zero, full, random, urandom and tty (config-linux.md "Default Devices"), unless /dev is a bind mount,
/// a mount lies on the very place or nothing may be mounted, then the listed ones in their order. A default device that is listed is made as listed;
/// /dev/ptmx is supplied as a link to pts/ptmx. `mounts` are those of the plan.
/// \throws Error with the pointer: a number that is missing or too large, an owner who is not mapped, two different devices for
/// one path, another device in place of a default one
std::vector<Device> plan_devices(const std::vector<spec::Device>& listed, const std::vector<Mount>& mounts,
                                 const DeviceCircumstances& circumstances);

}  // namespace rt::plan
