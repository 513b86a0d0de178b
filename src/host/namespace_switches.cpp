#include "rt/host/namespace_switches.hpp"

#include <sched.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "rt/base/namespace_type.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

namespace {

constexpr const char* apparmor_switch = "kernel.apparmor_restrict_unprivileged_userns";

std::optional<std::uint64_t> read_number(int proc, const std::string& path) {
    const std::optional<std::string> text = os::try_read_file(proc, path);
    return text ? parse_number<std::uint64_t>(trim(*text)) : std::nullopt;
}

// namespaces(7): "max_pid_namespaces", "max_mnt_namespaces".
std::string limit_name(const NamespaceTypeEntry& entry) { return concat("max_", entry.proc_name, "_namespaces"); }

NamespaceRefusal refusal_by_zero(const NamespaceTypeEntry& entry) {
    const std::string path = concat("/proc/sys/user/", limit_name(entry));
    return {
        .object = path,
        .reason = concat(path, " is 0: nobody may make a ", entry.name, " namespace"),
        .hint = concat("as root: sysctl user.", limit_name(entry), "=10000, and a line in /etc/sysctl.d to keep it")};
}

NamespaceRefusal explain_limit(int proc, std::uint64_t flags) {
    std::vector<std::string> limits;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        if ((flags & entry.clone_flag) == 0) continue;
        const auto limit = read_number(proc, concat("sys/user/", limit_name(entry)));
        if (!limit) continue;
        if (*limit == 0) return refusal_by_zero(entry);
        limits.push_back(concat(limit_name(entry), " ", *limit));
    }
    return {.object = {},
            .reason = concat("a limit of /proc/sys/user is reached (", join(limits, ", "),
                             "), or user namespaces are nested more than 32 deep"),
            .hint =
                "lsns(8) shows what exists; a limit holds for each user, and again for the owner of every user "
                "namespace above"};
}

// Those that forbid user namespaces to whoever has no privileges; empty when none does.
NamespaceRefusal refusal_of_the_unprivileged(int proc) {
    if (read_number(proc, "sys/kernel/unprivileged_userns_clone") == 0) {
        return {.object = "/proc/sys/kernel/unprivileged_userns_clone",
                .reason = "/proc/sys/kernel/unprivileged_userns_clone is 0: only root may make user namespaces",
                .hint = "as root: sysctl kernel.unprivileged_userns_clone=1, and a line in /etc/sysctl.d to keep it"};
    }
    std::string hint = hint_for_restricted_user_namespace(proc);
    if (hint.empty()) return {};
    return {.object = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            .reason =
                concat("AppArmor forbids it to programs without a profile that allows it (", apparmor_switch, " is 1)"),
            .hint = std::move(hint)};
}

NamespaceRefusal explain_refused_user_namespace(int proc) {
    NamespaceRefusal refusal = refusal_of_the_unprivileged(proc);
    if (!refusal.reason.empty()) return refusal;
    return {.object = {},
            .reason = {},
            .hint =
                "a security module or the seccomp filter of a container may forbid user namespaces, and so does "
                "a chroot(2) that rt runs in (clone(2))"};
}

}  // namespace

NamespaceRefusal explain_refused_namespaces(int proc, std::uint64_t flags, int code) {
    if (code == ENOSPC || code == EUSERS) return explain_limit(proc, flags);
    const bool refused = code == EPERM || code == EACCES;
    if (refused && (flags & CLONE_NEWUSER) != 0) return explain_refused_user_namespace(proc);
    if (refused)
        return {
            .object = {},
            .reason = {},
            .hint =
                "new namespaces need CAP_SYS_ADMIN: run rt as root, or with a user namespace, in which you have it: "
                "rt spec --rootless writes such a config"};
    return {};
}

std::vector<NamespaceRefusal> obstacles_to_namespaces(int proc, std::uint64_t flags, bool privileged) {
    std::vector<NamespaceRefusal> obstacles;
    for (const NamespaceTypeEntry& entry : namespace_types) {
        const bool made = (flags & entry.clone_flag) != 0;
        if (made && read_number(proc, concat("sys/user/", limit_name(entry))) == 0)
            obstacles.push_back(refusal_by_zero(entry));
    }
    // A profile that allows it shows in the name of the one in force.
    const bool confined = trim(os::try_read_file(proc, "self/attr/current").value_or("unconfined")) != "unconfined";
    NamespaceRefusal refusal = refusal_of_the_unprivileged(proc);
    const bool by_apparmor = refusal.object.ends_with("apparmor_restrict_unprivileged_userns");
    if (!privileged && (flags & CLONE_NEWUSER) != 0 && !refusal.reason.empty() && !(by_apparmor && confined))
        obstacles.push_back(std::move(refusal));
    return obstacles;
}

std::string hint_for_restricted_user_namespace(int proc) {
    if (read_number(proc, "sys/kernel/apparmor_restrict_unprivileged_userns").value_or(0) == 0) return {};
    return concat(
        "AppArmor takes the capabilities from user namespaces of programs without a profile (", apparmor_switch,
        " is 1): give rt one with 'userns,' in /etc/apparmor.d (share/rt-runtime/apparmor is it), or as root: sysctl ",
        apparmor_switch, "=0");
}

}  // namespace rt::host
