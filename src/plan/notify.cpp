#include "rt/plan/notify.hpp"

#include <algorithm>
#include <array>

#include "rt/base/namespace_type.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

constexpr std::string_view directory_inside = "/run/notify";
constexpr std::string_view variable = "NOTIFY_SOCKET=";

// sd_notify(3), "Well-known assignments".
constexpr std::array<std::string_view, 9> passed{"READY=", "RELOADING=", "STOPPING=", "MONOTONIC_USEC=",     "STATUS=",
                                                 "ERRNO=", "WATCHDOG=",  "BUSERROR=", "EXTEND_TIMEOUT_USEC="};

template <class Visit>
void each_line(std::string_view text, Visit visit) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        visit(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

bool pass_notify_socket(spec::Spec& spec, const std::string& directory) {
    if (!spec.process) return false;
    const bool own =
        std::ranges::any_of(spec.process->env, [](const std::string& entry) { return entry.starts_with(variable); });
    const bool mounts = std::ranges::find(spec.linux.namespaces, NamespaceType::mount, &spec::Namespace::type) !=
                        spec.linux.namespaces.end();
    if (own || !mounts) return false;
    spec.mounts.push_back({.destination = std::string(directory_inside),
                           .type = {},
                           .source = directory,
                           .options = {"bind", "ro", "nosuid", "nodev", "noexec"},
                           .uid_mappings = {},
                           .gid_mappings = {}});
    spec.process->env.push_back(concat(variable, directory_inside, "/", notify_socket_name));
    return true;
}

std::string notify_fields(std::string_view message) {
    std::string fields;
    each_line(message, [&](std::string_view line) {
        if (std::ranges::any_of(passed, [&](std::string_view name) { return line.starts_with(name); })) {
            fields += concat(line, "\n");
        }
    });
    return fields;
}

bool says_ready(std::string_view fields) {
    bool ready = false;
    each_line(fields, [&](std::string_view line) { ready = ready || line == "READY=1"; });
    return ready;
}

}  // namespace rt::plan
