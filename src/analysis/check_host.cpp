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
#include "rt/os/program_file.hpp"

namespace rt::analysis {

namespace {

std::string content_of(const std::string& path) {
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, path);
    return text ? std::string(trim(*text)) : "";
}

// What execve(2) makes of it, once it may be executed.
std::string why_not_a_program(const std::string& path) {
    const os::UniqueFd file = os::try_open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
    const std::optional<os::ProgramFile> program = file ? os::try_read_program(file.get()) : std::nullopt;
    if (!program) return {};
    if (program->form == os::ProgramFile::Form::none && !os::has_binary_formats())
        return concat("the hook '", path, "' is neither a program nor a script with a #! line");
    const std::string& interpreter = program->interpreter;
    if (interpreter.empty() || os::try_status_at(AT_FDCWD, interpreter) || errno != ENOENT) return {};
    return concat("the interpreter '", printable(interpreter), "' of the hook '", path, "' does not exist");
}

std::optional<Finding> check_hook(const std::string& object, const std::string& path) {
    const std::optional<struct stat> status = os::try_status_at(AT_FDCWD, path);
    if (!status) return finding_about_host_path(object, "the hook", path, errno);
    Finding finding{.level = Level::fatal, .object = object};
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) < 0 || !S_ISREG(status->st_mode)) {
        finding.cause =
            concat("the hook '", path, "' is no program that may be executed (mode ", octal_mode(status->st_mode), ")");
        finding.hint = concat("chmod +x ", path);
        return finding;
    }
    finding.cause = why_not_a_program(path);
    if (finding.cause.empty()) return std::nullopt;
    return finding;
}

void check_hooks(const plan::Plan& plan, Findings& findings) {
    for (const plan::HookKindEntry& entry : plan::hook_kinds) {
        if (entry.kind == plan::HookKind::start_container) continue;  // a program of the container
        const std::vector<plan::Hook>& hooks = plan.hooks.of(entry.kind);
        for (std::size_t index = 0; index < hooks.size(); ++index) {
            std::optional<Finding> finding = check_hook(concat("/hooks/", entry.name, "/", index), hooks[index].path);
            if (!finding) continue;
            // Of one that runs when all is over, only a warning is left (config.md "POSIX-platform Hooks").
            if (entry.kind == plan::HookKind::poststop) finding->level = Level::warning;
            findings.push_back(*std::move(finding));
        }
    }
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

Findings check_switches(const plan::Plan& plan, const host::Facts& facts) {
    Findings findings;
    const os::UniqueFd proc = os::open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
    const bool privileged = facts.has_capability(CAP_SYS_ADMIN);
    for (host::NamespaceRefusal& obstacle :
         host::obstacles_to_namespaces(proc.get(), plan.namespaces.created, privileged))
        findings.push_back({.level = Level::fatal,
                            .object = std::move(obstacle.object),
                            .cause = std::move(obstacle.reason),
                            .hint = std::move(obstacle.hint)});
    return findings;
}

Findings check_host(const plan::Plan& plan) {
    Findings findings;
    check_hooks(plan, findings);
    check_agent(plan, findings);
    check_network_devices(plan, findings);
    check_arguments(plan, findings);
    return findings;
}

}  // namespace rt::analysis
