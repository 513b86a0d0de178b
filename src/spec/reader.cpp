#include "rt/spec/reader.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/spec/document.hpp"
#include "rt/spec/members.hpp"
#include "rt/spec/sections.hpp"
#include "rt/spec/version.hpp"

namespace rt::spec {

namespace {

using enum Presence;

void read_version(Spec& spec, const Cursor& value) {
    spec.oci_version = value.string();
    if (!is_supported_version(spec.oci_version)) {
        value.refuse(concat("\"", printable(spec.oci_version),
                            "\" is not supported: expected a version 1.x.y of the OCI runtime spec"),
                     "write \"ociVersion\": \"1.3.0\"");
    }
}

constexpr auto root_members = std::to_array<Member<Root>>({
    {"path", as_nonempty_string<&Root::path>, required, R"("path": "rootfs")"},
    {"readonly", as_boolean<&Root::readonly>},
});

template <auto Field>
void read_mappings(Mount& mount, const Cursor& value) {
    for (const Cursor& element : value.elements()) (mount.*Field).push_back(read_id_mapping(element));
}

constexpr auto mount_members = std::to_array<Member<Mount>>({
    {"destination", as_nonempty_string<&Mount::destination>, required},
    {"type", as_string<&Mount::type>},
    {"source", as_string<&Mount::source>},
    {"options", as_strings<&Mount::options>},
    {"uidMappings", read_mappings<&Mount::uid_mappings>},
    {"gidMappings", read_mappings<&Mount::gid_mappings>},
});

// Annotations reach no system call: hooks and engines get them as JSON.
void read_annotations(Spec& spec, const Cursor& value) {
    for (const auto& [key, text] : value.members()) {
        if (key.empty()) value.refuse("the key of an annotation must not be empty");
        spec.annotations.emplace(key, text.free_text());
    }
}

// The version comes first: with an unsupported one, the rest may mean something else.
constexpr auto spec_members = std::to_array<Member<Spec>>({
    {"ociVersion", read_version, required, R"("ociVersion": "1.3.0")"},
    {"root", as_object<&Spec::root, root_members>, required, R"("root": {"path": "rootfs"})"},
    {"mounts", as_objects<&Spec::mounts, mount_members>},
    {"process", [](Spec& spec, const Cursor& value) { spec.process = read_process(value); }},
    {"hostname", as_string<&Spec::hostname>},
    {"domainname", as_string<&Spec::domainname>},
    {"hooks", [](Spec& spec, const Cursor& value) { spec.hooks = read_hooks(value); }},
    {"annotations", read_annotations},
    {"linux", [](Spec& spec, const Cursor& value) { spec.linux = read_linux(value); }},
    {"windows", other_platform},
    {"solaris", other_platform},
    {"vm", other_platform},
    {"zos", other_platform},
    {"freebsd", other_platform},
});

}  // namespace

std::vector<Mount> read_mounts(const Cursor& value) {
    std::vector<Mount> mounts;
    for (const Cursor& element : value.elements()) read_members(element, mount_members, mounts.emplace_back());
    return mounts;
}

Spec read(std::string_view json_text, const std::string& name) {
    const Document document = Document::parse(json_text, name);
    return during(concat("read '", name, "'"), [&] {
        Spec spec;
        read_members(document.root(), spec_members, spec);
        return spec;
    });
}

}  // namespace rt::spec
