#include "rt/plan/devices.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/device_rules.hpp"

namespace rt::plan {

namespace {

struct DefaultDevice {
    std::string_view path;
    std::uint32_t major;
    std::uint32_t minor;
};
constexpr auto default_devices = std::to_array<DefaultDevice>({{"/dev/null", 1, 3},
                                                               {"/dev/zero", 1, 5},
                                                               {"/dev/full", 1, 7},
                                                               {"/dev/random", 1, 8},
                                                               {"/dev/urandom", 1, 9},
                                                               {"/dev/tty", 5, 0}});
// Supplied as a link into the container's own devpts.
constexpr DefaultDevice terminal_multiplexer{.path = "/dev/ptmx", .major = 5, .minor = 2};

mode_t type_of(char letter) {
    switch (letter) {
        case 'b': return S_IFBLK;
        case 'p': return S_IFIFO;
        default: return S_IFCHR;  // 'c', and 'u': the unbuffered one of mknod(1)
    }
}

bool lies_at_or_below(const std::string& path, const std::string& directory) {
    return path == directory || (path.starts_with(directory) && path[directory.size()] == '/');
}

// The mount that shows the place: the last one on the way to it.
const Mount* mount_over(const std::string& path, const std::vector<Mount>& mounts) {
    const auto last = std::find_if(mounts.rbegin(), mounts.rend(),
                                   [&](const Mount& mount) { return lies_at_or_below(path, mount.destination); });
    return last == mounts.rend() ? nullptr : &*last;
}

bool is_mounted_over(const std::string& path, const std::vector<Mount>& mounts) {
    const Mount* mount = mount_over(path, mounts);
    return mount != nullptr && mount->destination == path;
}

bool runtime_makes_nodes(const MountCircumstances& circumstances) {
    return circumstances.makes_devices && circumstances.trees_by_runtime;
}

DeviceMethod method_for(const Device& device, const std::vector<Mount>& mounts,
                        const DeviceCircumstances& circumstances) {
    const Mount* mount = mount_over(device.path, mounts);
    if (mount != nullptr && mount->kind == MountKind::bind) return DeviceMethod::must_exist;
    if (mount != nullptr && mount->kind == MountKind::device_tmpfs && mount->destination == device.path) {
        fail("make the device at", device.place, concat("its path '", device.path, "' is that of ", mount->label));
    }
    if (mount != nullptr && mount->kind == MountKind::device_tmpfs) return DeviceMethod::in_device_tmpfs;
    const bool user_namespace = circumstances.mounts.user_namespace;
    if (device.type == S_IFIFO) return DeviceMethod::make_node;  // mknod(2): needs no privilege
    if (circumstances.mounts.makes_devices && !user_namespace) return DeviceMethod::make_node;
    if (!circumstances.mount_namespace) {
        fail("make the device at", device.place,
             "rt may make no device nodes here, and without a mount namespace none can be bound",
             "add { \"type\": \"mount\" } to /linux/namespaces");
    }
    const bool listed = !device.place.empty();
    return listed && user_namespace && runtime_makes_nodes(circumstances.mounts) ? DeviceMethod::bind_node
                                                                                 : DeviceMethod::bind_host;
}

std::uint32_t checked_number(std::optional<std::uint32_t> number, std::uint32_t largest, const char* name,
                             const spec::Device& device, const JsonPointer& where) {
    if (!number) {
        fail("use the device at", where.text(),
             concat("it has no '", name, "': a device of type '", device.type, "' needs major and minor"));
    }
    if (*number > largest) {
        fail("use the device at", (where / name).text(),
             concat(*number, " is more than Linux has: the largest is ", largest));
    }
    return *number;
}

std::string checked_path(const std::string& given, const JsonPointer& where) {
    std::string path = tidy_path(given);
    const std::vector<std::string> parts = split(path, '/');
    if (path != "/" && std::ranges::find(parts, "..") == parts.end()) return path;
    fail("use the device at", (where / "path").text(),
         concat("'", printable(given), "' is no place for a file: the root directory, or a path with '..'"));
}

std::uint32_t host_id(std::optional<std::uint32_t> asked, std::uint32_t otherwise, bool is_uid,
                      const UserMappings& mappings, const JsonPointer& where) {
    if (!asked) return otherwise;
    const std::optional<std::uint32_t> host = is_uid ? mappings.uid_to_host(*asked) : mappings.gid_to_host(*asked);
    if (host) return *host;
    fail("use the device at", (where / (is_uid ? "uid" : "gid")).text(),
         concat(is_uid ? "user " : "group ", *asked, " does not exist in the container: its user namespace maps ",
                (is_uid ? mappings.uids : mappings.gids).container_ranges()));
}

Device plan_listed(const spec::Device& listed, const JsonPointer& where, const MountCircumstances& circumstances) {
    Device device{.place = where.text(), .path = checked_path(listed.path, where), .type = type_of(listed.type)};
    if (device.type != S_IFIFO) {
        device.major = checked_number(listed.major, largest_device_major, "major", listed, where);
        device.minor = checked_number(listed.minor, largest_device_minor, "minor", listed, where);
    }
    device.mode = listed.file_mode.value_or(device.mode);
    device.asked_mode = listed.file_mode;
    device.asked_uid = listed.uid;
    device.asked_gid = listed.gid;
    const UserMappings& mappings = circumstances.mappings;
    device.host_uid = host_id(listed.uid, circumstances.owner_uid, true, mappings, where);
    device.host_gid = host_id(listed.gid, circumstances.owner_gid, false, mappings, where);
    return device;
}

bool is_same_device(const Device& a, const Device& b) {
    return a.type == b.type && a.major == b.major && a.minor == b.minor && a.mode == b.mode &&
           a.host_uid == b.host_uid && a.host_gid == b.host_gid;
}

void require_same(const Device& earlier, const Device& device) {
    if (is_same_device(earlier, device)) return;
    fail("use the device at", device.place,
         concat("its path '", printable(device.path), "' is that of ", earlier.place, " too, which is another one"),
         "list each path once");
}

void require_default(const Device& device, const DefaultDevice& expected) {
    if (device.type == S_IFCHR && device.major == expected.major && device.minor == expected.minor) return;
    fail("use the device at", device.place,
         concat("every container has c ", expected.major, ":", expected.minor, " as ", expected.path));
}

// The listed devices that have to be made, without their methods.
std::vector<Device> listed_devices(const std::vector<spec::Device>& listed, const MountCircumstances& circumstances) {
    std::vector<Device> devices;
    std::map<std::string, std::size_t> indices;
    const JsonPointer where("/linux/devices");
    for (std::size_t i = 0; i < listed.size(); ++i) {
        Device device = plan_listed(listed[i], where / i, circumstances);
        if (device.path == terminal_multiplexer.path) {
            require_default(device, terminal_multiplexer);
            continue;
        }
        const auto* const known = std::ranges::find(default_devices, device.path, &DefaultDevice::path);
        if (known != default_devices.end()) require_default(device, *known);
        const auto [index, fresh] = indices.try_emplace(device.path, devices.size());
        if (!fresh) require_same(devices[index->second], device);
        if (fresh) devices.push_back(std::move(device));
    }
    return devices;
}

bool supplies_default_devices(const std::vector<Mount>& mounts, const DeviceCircumstances& circumstances) {
    const Mount* dev = mount_over("/dev", mounts);
    const bool bound = dev != nullptr && (dev->kind == MountKind::bind || dev->kind == MountKind::bind_in_rootfs);
    return circumstances.mount_namespace && !bound;
}

}  // namespace

std::vector<Device> plan_devices(const std::vector<spec::Device>& listed, const std::vector<Mount>& mounts,
                                 const DeviceCircumstances& circumstances) {
    std::vector<Device> wanted = listed_devices(listed, circumstances.mounts);
    std::vector<Device> devices;
    if (supplies_default_devices(mounts, circumstances)) {
        for (const DefaultDevice& known : default_devices) {
            // A mount on its very place is what the configuration has there instead.
            if (is_mounted_over(std::string(known.path), mounts)) continue;
            if (std::ranges::find(wanted, known.path, &Device::path) != wanted.end()) continue;
            devices.push_back({.place = {},
                               .path = std::string(known.path),
                               .major = known.major,
                               .minor = known.minor,
                               .host_uid = circumstances.mounts.owner_uid,
                               .host_gid = circumstances.mounts.owner_gid});
        }
    }
    std::ranges::move(wanted, std::back_inserter(devices));
    for (Device& device : devices) {
        device.method = method_for(device, mounts, circumstances);
        // The host's null is everybody's, whoever owns it.
        const bool is_default =
            std::ranges::find(default_devices, device.path, &DefaultDevice::path) != default_devices.end();
        if (is_default && device.method == DeviceMethod::bind_host) device.asked_uid = device.asked_gid = std::nullopt;
    }
    return devices;
}

}  // namespace rt::plan
