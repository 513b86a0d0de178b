#include "rt/plan/scope.hpp"

#include <algorithm>
#include <array>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr const char* path_pointer = "/linux/cgroupsPath";
constexpr std::string_view scope_suffix = ".scope";
constexpr std::string_view slice_suffix = ".slice";

[[noreturn]] void refuse(const std::string& name, const std::string& reason, const std::string& hint) {
    fail(concat("use '", printable(name), "' at"), path_pointer, reason, hint);
}

// What systemd takes in the name of a unit (systemd.unit(5)), but '@', which is for instances of templates.
bool is_unit_character(char c) {
    constexpr std::string_view others = ":-_.\\";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

void check_unit_name(const std::string& name) {
    constexpr std::size_t longest_name = 255;
    if (!std::ranges::all_of(name, is_unit_character)) {
        refuse(name, "systemd takes letters, digits and : - _ . \\ only in the name of a unit",
               "systemd-escape(1) writes other characters as \\xNN");
    }
    if (name.size() > longest_name) {
        refuse(name, concat("systemd takes at most ", longest_name, " bytes for the name of a unit"),
               "choose a shorter name in slice:prefix:name, or a shorter container id");
    }
}

// An id may hold '+', the name of a unit may not.
std::string escaped_id(const std::string& id) {
    std::string escaped;
    for (const char c : id) escaped += is_unit_character(c) ? std::string(1, c) : "\\x2b";
    return escaped;
}

// A file of the kernel may have this name, so systemd calls the directory otherwise (systemd's cg_escape()).
bool could_be_a_file(const std::string& name) {
    constexpr std::array<std::string_view, 3> files{"notify_on_release", "release_agent", "tasks"};
    constexpr std::array<std::string_view, 9> prefixes{"cgroup.", "cpu.",    "cpuacct.", "cpuset.", "io.",
                                                       "blkio.",  "memory.", "devices.", "pids."};
    return name[0] == '_' || name[0] == '.' || std::ranges::find(files, name) != files.end() ||
           std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string directory_name(const std::string& unit) { return could_be_a_file(unit) ? "_" + unit : unit; }

}  // namespace

bool is_systemd_form(const std::string& cgroups_path) {
    return cgroups_path.find('/') == std::string::npos && std::ranges::count(cgroups_path, ':') == 2;
}

std::string slice_path(const std::string& slice) {
    constexpr const char* hint = "a slice is called name.slice; a-b.slice is the slice b in a.slice (systemd.slice(5))";
    if (slice == "-.slice") return {};
    check_unit_name(slice);
    if (!slice.ends_with(slice_suffix) || slice.size() == slice_suffix.size())
        refuse(slice, "this is not the name of a slice", hint);
    const std::string name = slice.substr(0, slice.size() - slice_suffix.size());
    std::string path;
    std::string parents;
    for (const std::string& part : split(name, '-')) {
        if (part.empty()) refuse(slice, "a part of the name of the slice between dashes is empty", hint);
        parents += concat(parents.empty() ? "" : "-", part);
        path += concat("/", directory_name(concat(parents, slice_suffix)));
    }
    return path;
}

Scope plan_scope_names(const std::string& cgroups_path, const std::string& id, const SystemdManager& manager) {
    Scope scope{.of_user = manager.of_user};
    std::string prefix = "rt";
    std::string name = escaped_id(id);
    if (!cgroups_path.empty()) {
        if (!is_systemd_form(cgroups_path)) {
            refuse(cgroups_path, "with the systemd driver it is slice:prefix:name",
                   "write \"system.slice:rt:NAME\", or leave --systemd-cgroup (--cgroup-manager systemd) out");
        }
        const std::size_t first = cgroups_path.find(':');
        const std::size_t second = cgroups_path.find(':', first + 1);
        scope.slice = cgroups_path.substr(0, first);
        prefix = cgroups_path.substr(first + 1, second - first - 1);
        name = cgroups_path.substr(second + 1);
        if (name.empty()) refuse(cgroups_path, "the name in slice:prefix:name is empty", "");
    }
    if (name.ends_with(slice_suffix)) {
        refuse(name, "systemd puts no process into a slice",
               "give a name without .slice: the container gets a scope in the slice that stands first");
    }
    if (scope.slice.empty()) scope.slice = manager.of_user ? "user.slice" : "system.slice";
    scope.unit = concat(prefix, prefix.empty() ? "" : "-", name, scope_suffix);
    check_unit_name(scope.unit);
    scope.path = concat(manager.control_group, slice_path(scope.slice), "/", directory_name(scope.unit));
    return scope;
}

}  // namespace rt::plan
