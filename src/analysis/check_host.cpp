#include "rt/analysis/check_host.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/analysis/host_path.hpp"
#include "rt/base/text.hpp"
#include "rt/host/namespace_switches.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::analysis {

namespace {

std::string content_of(const std::string& path) {
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, path);
    return text ? std::string(trim(*text)) : "";
}

void check_switches(const plan::Plan& plan, const host::Facts& facts, Findings& findings) {
    const os::UniqueFd proc = os::open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
    const bool privileged = facts.has_capability(CAP_SYS_ADMIN);
    for (host::NamespaceRefusal& obstacle :
         host::obstacles_to_namespaces(proc.get(), plan.namespaces.created, privileged))
        findings.push_back({.level = Level::fatal,
                            .object = std::move(obstacle.object),
                            .cause = std::move(obstacle.reason),
                            .hint = std::move(obstacle.hint)});
}

// The kernel is asked as for the mount itself, up to the point at which it would make something. Ids in options are those of
// another user namespace then: they are left to the plan.
void check_filesystems(const plan::Plan& plan, const host::Facts& facts, Findings& findings) {
    if (!facts.has_capability(CAP_SYS_ADMIN)) return;
    for (const plan::Mount& mount : plan.rootfs.mounts) {
        if (mount.kind != plan::MountKind::filesystem || mount.by_mount_call) continue;
        try {
            os::NewFilesystem filesystem(mount.type);
            for (const plan::FilesystemOption& option : mount.data) {
                if (option.key == "uid" || option.key == "gid") continue;
                option.value ? filesystem.set(option.key, *option.value) : filesystem.set_flag(option.key);
            }
        } catch (const Error& error) {
            Finding finding = finding_of(error.failure());
            finding.object = mount.label;
            findings.push_back(std::move(finding));
        }
    }
}

void check_hooks(const plan::Plan& plan, Findings& findings) {
    for (const plan::HookKindEntry& entry : plan::hook_kinds) {
        if (entry.kind == plan::HookKind::start_container) continue;  // a program of the container
        const std::vector<plan::Hook>& hooks = plan.hooks.of(entry.kind);
        for (std::size_t index = 0; index < hooks.size(); ++index) {
            const std::string object = concat("/hooks/", entry.name, "/", index);
            const std::string& path = hooks[index].path;
            const std::optional<struct stat> status = os::try_status_at(AT_FDCWD, path);
            Finding finding{.level = Level::fatal, .object = object};
            if (!status) {
                finding = finding_about_host_path(object, "the hook", path, errno);
            } else if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) < 0 || !S_ISREG(status->st_mode)) {
                finding.cause = concat("the hook '", path, "' is no program that may be executed (mode ",
                                       octal_mode(status->st_mode), ")");
                finding.hint = concat("chmod +x ", path);
            } else {
                continue;
            }
            // Of one that runs when all is over, only a warning is left (config.md "POSIX-platform Hooks").
            if (entry.kind == plan::HookKind::poststop) finding.level = Level::warning;
            findings.push_back(std::move(finding));
        }
    }
}

void check_apparmor(const plan::Plan& plan, Findings& findings) {
    if (!plan.process || plan.process->labels.apparmor_profile.empty()) return;
    const std::string& profile = plan.process->labels.apparmor_profile;
    const std::string loaded = content_of("/sys/kernel/security/apparmor/profiles");
    if (profile == "unconfined" || loaded.empty()) return;
    const std::vector<std::string> lines = split(loaded, '\n');
    if (std::ranges::any_of(lines, [&](const std::string& line) { return line.starts_with(profile + " ("); })) return;
    findings.push_back({.level = Level::fatal,
                        .object = "/process/apparmorProfile",
                        .cause = concat("no profile of the name '", printable(profile), "' is loaded"),
                        .hint = "load it with apparmor_parser -r FILE; /sys/kernel/security/apparmor/profiles lists "
                                "those that are"});
}

// Whether somebody listens there is told by the kernel's table: to connect would look like a container to the agent.
void check_agent(const plan::Plan& plan, Findings& findings) {
    if (!plan.process || !plan.process->seccomp || !plan.process->seccomp->notifies()) return;
    const std::string& path = plan.process->seccomp->listener_path;
    const std::vector<std::string> sockets = split(content_of("/proc/net/unix"), '\n');
    const bool listens = std::ranges::any_of(sockets, [&](const std::string& line) {
        return line.ends_with(" " + path) && line.find(" 00010000 ") != std::string::npos;  // __SO_ACCEPTCON
    });
    if (listens) return;
    findings.push_back({.level = Level::fatal,
                        .object = "/linux/seccomp/listenerPath",
                        .cause = concat("nobody listens on '", printable(path), "'"),
                        .hint = "start the agent that answers for the system calls before"});
}

// A namespace has no parameters that its host does not know, but for those of devices and of modules that are loaded later.
void check_sysctl(const plan::Plan& plan, Findings& findings) {
    for (const plan::Sysctl& parameter : plan.sysctl) {
        const bool of_a_device =
            parameter.path.find("/conf/") != std::string::npos || parameter.path.find("/neigh/") != std::string::npos;
        const bool by_a_module = !parameter.path.starts_with("net/ipv4/") && !parameter.path.starts_with("net/core/") &&
                                 !parameter.path.starts_with("kernel/");
        if (of_a_device || by_a_module || os::try_status_at(AT_FDCWD, "/proc/sys/" + parameter.path)) continue;
        if (errno != ENOENT) continue;
        findings.push_back({.level = Level::fatal,
                            .object = "/linux/sysctl",
                            .cause = concat("this kernel has no parameter '", printable(parameter.name), "'"),
                            .hint = "sysctl -a lists those there are"});
    }
}

void check_network_devices(const plan::Plan& plan, Findings& findings) {
    for (const plan::NetDevice& device : plan.network.devices) {
        if (::if_nametoindex(device.host_name.c_str()) != 0 || errno != ENODEV) continue;
        findings.push_back({.level = Level::fatal,
                            .object = device.where,
                            .cause = concat("there is no network device '", printable(device.host_name), "'"),
                            .hint = "ip link lists those there are"});
    }
}

// execve(2), "Limits on size of arguments and environment": of one string 32 pages, with its end.
void check_arguments(const plan::Plan& plan, Findings& findings) {
    if (!plan.process) return;
    const std::size_t most = 32 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const auto check_strings = [&](const std::vector<std::string>& strings, const char* pointer) {
        for (std::size_t index = 0; index < strings.size(); ++index) {
            if (strings[index].size() < most) continue;
            findings.push_back({.level = Level::fatal,
                                .object = concat(pointer, index),
                                .cause = concat("it is longer than the kernel takes: ", strings[index].size(),
                                                " bytes, and at most ", most - 1, " are possible"),
                                .hint = "put it into a file"});
        }
    };
    check_strings(plan.process->args, "/process/args/");
    check_strings(plan.process->env, "/process/env/");
}

}  // namespace

Findings check_host(const plan::Plan& plan, const host::Facts& facts) {
    Findings findings;
    check_switches(plan, facts, findings);
    check_filesystems(plan, facts, findings);
    check_hooks(plan, findings);
    check_apparmor(plan, findings);
    check_agent(plan, findings);
    check_sysctl(plan, findings);
    check_network_devices(plan, findings);
    check_arguments(plan, findings);
    return findings;
}

}  // namespace rt::analysis
