#include "rt/spec/linux.hpp"

#include <sys/stat.h>

#include "rt/base/text.hpp"
#include "rt/spec/members.hpp"
#include "rt/spec/sections.hpp"

namespace rt::spec {

namespace {

using enum Presence;

void read_namespace_type(Namespace& target, const Cursor& value) {
    const std::string word = value.string();
    const std::optional<NamespaceType> type = namespace_type_of(word);
    if (!type) {
        std::string words;
        for (const NamespaceTypeEntry& entry : namespace_types) words += concat(words.empty() ? "" : ", ", entry.name);
        value.refuse(concat("\"", printable(word), "\" is not a namespace type: expected one of ", words));
    }
    target.type = *type;
}

void read_namespace_path(Namespace& target, const Cursor& value) {
    if (!value.string().empty()) target.path = absolute_path(value);
}

constexpr auto namespace_members = std::to_array<Member<Namespace>>({
    {"type", read_namespace_type, required},
    {"path", read_namespace_path},
});

constexpr auto id_mapping_members = std::to_array<Member<IdMapping>>({
    {"containerID", as_natural<&IdMapping::container_id>, required},
    {"hostID", as_natural<&IdMapping::host_id>, required},
    {"size", as_natural<&IdMapping::size>, required},
});

constexpr auto time_offset_members = std::to_array<Member<TimeOffset>>({
    {"secs",
     as_integer<&TimeOffset::secs, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()>},
    {"nanosecs", as_natural<&TimeOffset::nanosecs, 999999999>},
});

constexpr auto time_offsets_members = std::to_array<Member<TimeOffsets>>({
    {"monotonic", as_object<&TimeOffsets::monotonic, time_offset_members>},
    {"boottime", as_object<&TimeOffsets::boottime, time_offset_members>},
});

void read_device_type(Device& device, const Cursor& value) {
    const std::string word = value.string();
    if (word != "c" && word != "b" && word != "u" && word != "p") {
        value.refuse(concat("expected \"c\", \"b\", \"u\" or \"p\", found \"", printable(word), "\""));
    }
    device.type = word.front();
}

// Permission bits; Docker and Podman pass the type bits of st_mode along, which say nothing new.
void read_file_mode(Device& device, const Cursor& value) {
    constexpr std::uint64_t permissions = 07777;
    constexpr std::uint64_t with_type = 0177777;
    const auto mode = static_cast<mode_t>(value.natural(with_type));
    // Some callers write what stat(2) says, with the type.
    const mode_t type = device.type == 'b' ? S_IFBLK : device.type == 'p' ? S_IFIFO : S_IFCHR;
    if ((mode & S_IFMT) != 0 && (mode & S_IFMT) != type) {
        value.refuse("its type bits are those of another kind of file", "give the permissions alone: 438 is 0666");
    }
    device.file_mode = mode & permissions;
}

constexpr auto device_members = std::to_array<Member<Device>>({
    {"type", read_device_type, required, R"("type": "c")"},
    {"path", as_absolute_path<&Device::path>, required, R"("path": "/dev/fuse")"},
    {"major", as_natural<&Device::major>},
    {"minor", as_natural<&Device::minor>},
    {"fileMode", read_file_mode},
    {"uid", as_natural<&Device::uid, largest_id>},
    {"gid", as_natural<&Device::gid, largest_id>},
});

constexpr auto net_device_members = std::to_array<Member<NetDevice>>({
    {"name", as_string<&NetDevice::name>},
});

void read_net_devices(Linux& target, const Cursor& value) {
    for (const auto& [host_name, device] : value.members()) {
        NetDevice& added = target.net_devices.emplace_back();
        read_members(device, net_device_members, added);
        added.host_name = host_name;
    }
}

void read_sysctl(Linux& target, const Cursor& value) {
    for (const auto& [name, text] : value.members()) target.sysctl.emplace(name, text.string());
}

constexpr auto memory_policy_members = std::to_array<Member<MemoryPolicy>>({
    {"mode", as_nonempty_string<&MemoryPolicy::mode>, required, R"("mode": "MPOL_DEFAULT")"},
    {"nodes", as_string<&MemoryPolicy::nodes>},
    {"flags", as_strings<&MemoryPolicy::flags>},
});

std::string one_line(const Cursor& value) {
    std::string text = value.string();
    if (text.find('\n') != std::string::npos) value.refuse("it must be one line");
    return text;
}

template <auto Field>
void read_schema(IntelRdt& rdt, const Cursor& value) {
    rdt.*Field = one_line(value);
}

void read_mem_bw_schema(IntelRdt& rdt, const Cursor& value) {
    rdt.mem_bw_schema = one_line(value);
    if (!rdt.mem_bw_schema.empty() && !rdt.mem_bw_schema.starts_with("MB:")) value.refuse("it must begin with \"MB:\"");
}

void read_schemata(IntelRdt& rdt, const Cursor& value) {
    for (const Cursor& line : value.elements()) rdt.schemata.push_back(one_line(line));
}

constexpr auto intel_rdt_members = std::to_array<Member<IntelRdt>>({
    {"closID", as_string<&IntelRdt::clos_id>},
    {"schemata", read_schemata},
    {"l3CacheSchema", read_schema<&IntelRdt::l3_cache_schema>},
    {"memBwSchema", read_mem_bw_schema},
    {"enableMonitoring", as_boolean<&IntelRdt::enable_monitoring>},
});

constexpr auto personality_members = std::to_array<Member<Personality>>({
    {"domain", as_nonempty_string<&Personality::domain>, required, R"("domain": "LINUX")"},
    {"flags", as_strings<&Personality::flags>},
});

void read_filter(Linux& target, const Cursor& value) { target.seccomp = read_seccomp(value); }

// What Go programs make of an object that they have and never fill, {} or {"defaultAction": ""}, asks for nothing.
template <auto Read>
void unless_blank(Linux& target, const Cursor& value) {
    if (!value.members().empty() && !value.is_blank()) Read(target, value);
}

constexpr auto linux_members = std::to_array<Member<Linux>>({
    {"namespaces", as_objects<&Linux::namespaces, namespace_members>},
    {"uidMappings", as_objects<&Linux::uid_mappings, id_mapping_members>},
    {"gidMappings", as_objects<&Linux::gid_mappings, id_mapping_members>},
    {"timeOffsets", unless_blank<as_object<&Linux::time_offsets, time_offsets_members, Linux>>},
    {"devices", as_objects<&Linux::devices, device_members>},
    {"netDevices", read_net_devices},
    {"cgroupsPath", as_string<&Linux::cgroups_path>},
    {"resources", [](Linux& target, const Cursor& value) { target.resources = read_resources(value); }},
    {"intelRdt", as_object<&Linux::intel_rdt, intel_rdt_members>},
    {"memoryPolicy", as_object<&Linux::memory_policy, memory_policy_members>},
    {"sysctl", read_sysctl},
    {"seccomp", unless_blank<read_filter>},
    {"rootfsPropagation", as_string<&Linux::rootfs_propagation>},
    {"maskedPaths", as_absolute_paths<&Linux::masked_paths>},
    {"readonlyPaths", as_absolute_paths<&Linux::readonly_paths>},
    {"mountLabel", as_string<&Linux::mount_label>},
    {"personality", as_object<&Linux::personality, personality_members>},
});

}  // namespace

IdMapping read_id_mapping(const Cursor& value) {
    IdMapping target;
    read_members(value, id_mapping_members, target);
    return target;
}

Linux read_linux(const Cursor& value) {
    Linux target;
    read_members(value, linux_members, target);
    return target;
}

}  // namespace rt::spec
