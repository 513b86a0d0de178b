#include "rt/spec/linux.hpp"

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

void read_device_rule_type(DeviceRule& rule, const Cursor& value) {
    const std::string word = value.string();
    if (word.empty()) return;
    if (word != "a" && word != "c" && word != "b") {
        value.refuse(concat("expected \"a\", \"c\" or \"b\", found \"", printable(word), "\""));
    }
    rule.type = static_cast<DeviceRuleType>(word.front());
}

// Docker writes -1 for "all", where the spec leaves the number out.
template <auto Field>
void read_device_number(DeviceRule& rule, const Cursor& value) {
    const std::int64_t number = value.integer(-1, std::numeric_limits<std::uint32_t>::max());
    if (number >= 0) rule.*Field = static_cast<std::uint32_t>(number);
}

void read_device_access(DeviceRule& rule, const Cursor& value) {
    rule.access = value.string();
    if (rule.access.find_first_not_of("rwm") != std::string::npos) {
        value.refuse(concat("expected a text made of r, w and m, found \"", printable(rule.access), "\""));
    }
}

constexpr auto device_rule_members = std::to_array<Member<DeviceRule>>({
    {"allow", as_boolean<&DeviceRule::allow>, required},
    {"type", read_device_rule_type},
    {"major", read_device_number<&DeviceRule::major>},
    {"minor", read_device_number<&DeviceRule::minor>},
    {"access", read_device_access},
});

constexpr auto resources_members = std::to_array<Member<Resources>>({
    {"devices", as_objects<&Resources::devices, device_rule_members>},
    {"memory", unsupported},
    {"cpu", unsupported},
    {"pids", unsupported},
    {"blockIO", unsupported},
    {"hugepageLimits", unsupported},
    {"network", unsupported},
    {"rdma", unsupported},
    {"unified", unsupported},
});

constexpr auto linux_members = std::to_array<Member<Linux>>({
    {"namespaces", as_objects<&Linux::namespaces, namespace_members>},
    {"uidMappings", as_objects<&Linux::uid_mappings, id_mapping_members>},
    {"gidMappings", as_objects<&Linux::gid_mappings, id_mapping_members>},
    {"timeOffsets", unsupported},
    {"devices", unsupported},
    {"netDevices", unsupported},
    {"cgroupsPath", as_string<&Linux::cgroups_path>},
    {"resources", as_object<&Linux::resources, resources_members>},
    {"intelRdt", unsupported},
    {"memoryPolicy", unsupported},
    {"sysctl", unsupported},
    {"seccomp", unsupported},
    {"rootfsPropagation", as_string<&Linux::rootfs_propagation>},
    {"maskedPaths", as_absolute_paths<&Linux::masked_paths>},
    {"readonlyPaths", as_absolute_paths<&Linux::readonly_paths>},
    {"mountLabel", unsupported},
    {"personality", unsupported},
});

}  // namespace

Linux read_linux(const Cursor& value) {
    Linux target;
    read_members(value, linux_members, target);
    return target;
}

}  // namespace rt::spec
