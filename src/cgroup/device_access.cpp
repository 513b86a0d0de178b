#include "rt/cgroup/device_access.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/device_program.hpp"
#include "rt/cgroup/freezer.hpp"
#include "rt/os/bpf.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

int try_write_line(const os::UniqueFd& file, std::string_view line) noexcept {
    return ::write(file.get(), line.data(), line.size()) < 0 ? errno : 0;
}

[[noreturn]] void explain_device_line(const Directory& directory, const std::string& line, int code) {
    throw_errno(concat("set the device rule '", line, "' of the cgroup"), directory.path, code, "",
                code == EPERM ? "the cgroup above it does not allow these devices" : "");
}

// The default may be set while no cgroup is beneath it; one that was removed counts until the kernel has cleaned up after it.
void set_device_default(const Directory& directory, const os::UniqueFd& file) {
    Patience patience;
    for (;;) {
        const int code = try_write_line(file, "a");
        if (code == 0) return;
        if (code == EINVAL && !children_of(directory).empty()) {
            throw_errno("set the device rules of the cgroup", directory.path, code, "there are cgroups beneath it",
                        "remove them");
        }
        if (code != EINVAL || !patience.wait(directory)) explain_device_line(directory, "a", code);
    }
}

[[noreturn]] void explain_program(const std::vector<bpf_insn>& program, const std::string& path, int code) {
    if (log::debug_enabled()) {
        std::string verifier_log;
        os::try_load_device_program(program, &verifier_log);
        log::debug(concat("the verifier says: ", verifier_log));
    }
    const char* hint = code == EPERM    ? "that needs CAP_BPF and CAP_NET_ADMIN in the initial user namespace"
                       : code == ENOSYS ? "the kernel is built without CONFIG_BPF_SYSCALL"
                       : code == E2BIG  ? "the rules are too many for the kernel: shorten /linux/resources/devices"
                       : code == EINVAL ? "is the kernel built with CONFIG_CGROUP_BPF?"
                                        : "";
    throw_errno("load the device program of the cgroup", path, code, "", hint);
}

// The kernel's list of exceptions by device ("c 1:3"), with the letters of what is excepted.
using Exceptions = std::map<std::string, std::string>;

Exceptions exceptions_of(const std::vector<std::string>& lines) {
    Exceptions exceptions;
    for (const std::string& line : lines) {
        const std::size_t space = line.rfind(' ');
        if (space != std::string::npos) exceptions[line.substr(0, space)] += line.substr(space + 1);
    }
    return exceptions;
}

// Lines for what is in one of the lists and not in the other.
std::vector<std::string> lines_only_in(const Exceptions& list, const Exceptions& other) {
    std::vector<std::string> lines;
    for (const auto& [devices, letters] : list) {
        const auto same = other.find(devices);
        std::string rest = letters;
        if (same != other.end())
            std::erase_if(rest, [&](char letter) { return same->second.find(letter) != std::string::npos; });
        if (!rest.empty()) lines.push_back(concat(devices, " ", rest));
    }
    return lines;
}

// First what is new, then away with what is gone: what stays is there at every moment.
void change_exceptions(const Directory& directory, const Exceptions& before, const Exceptions& after) {
    const os::UniqueFd allow = os::open_at(directory.fd.get(), "devices.allow", O_WRONLY);
    const os::UniqueFd deny = os::open_at(directory.fd.get(), "devices.deny", O_WRONLY);
    const std::vector<std::string> added = lines_only_in(after, before);
    for (const std::string& line : added) {
        const int code = try_write_line(allow, line);
        if (code == 0) continue;
        for (const std::string& other : added) try_write_line(deny, other);
        explain_device_line(directory, line, code);
    }
    for (const std::string& line : lines_only_in(before, after)) {
        const int code = try_write_line(deny, line);
        if (code != 0) explain_device_line(directory, line, code);
    }
}

// The kernel forgets all exceptions when the default changes: the container must not run meanwhile.
void change_default(const Directory& directory, const plan::DeviceList& list, const std::vector<std::string>& all) {
    const bool was_frozen = is_frozen(all);
    if (!was_frozen) freeze(all);
    try {
        set_device_list(directory, list);
    } catch (...) {
        if (!was_frozen) thaw(all);
        throw;
    }
    if (!was_frozen) thaw(all);
}

void update_device_list(const Directory& directory, const plan::DeviceList& list, const std::vector<std::string>& all) {
    const std::vector<std::string> now = split(trim(os::read_file(directory.fd.get(), "devices.list")), '\n');
    const bool allows_by_default = !now.empty() && now.front() == "a *:* rwm";
    if (list.allow || allows_by_default) return change_default(directory, list, all);
    change_exceptions(directory, exceptions_of(now), exceptions_of(list.exceptions));
}

bool is_meant(const plan::DeviceUpdate& update, const plan::CgroupDirectory& directory) {
    return update.list ? directory.hierarchy.has_controller("devices") : directory.hierarchy.unified;
}

}  // namespace

void set_device_list(const Directory& directory, const plan::DeviceList& list) {
    const os::UniqueFd allow = os::open_at(directory.fd.get(), "devices.allow", O_WRONLY);
    const os::UniqueFd deny = os::open_at(directory.fd.get(), "devices.deny", O_WRONLY);
    set_device_default(directory, list.allow ? allow : deny);
    for (const std::string& line : list.exceptions) {
        const int code = try_write_line(list.allow ? deny : allow, line);
        if (code != 0) explain_device_line(directory, line, code);
    }
}

void attach_device_program(int directory, const std::vector<plan::DeviceRule>& rules, bool fresh,
                           const std::string& path) {
    const std::vector<bpf_insn> program = device_program(rules);
    const os::UniqueFd loaded = os::try_load_device_program(program);
    if (!loaded) explain_program(program, path, errno);
    // In a cgroup that existed, the program of an earlier container, or the rules before an update, may still decide.
    const std::vector<os::UniqueFd> old = fresh ? std::vector<os::UniqueFd>{} : os::own_device_programs(directory);
    const int code = old.empty() ? os::try_attach_device_program(directory, loaded.get())
                                 : os::try_replace_device_program(directory, old.front().get(), loaded.get());
    if (code != 0) {
        throw_errno("attach the device program to the cgroup", path, code, "",
                    code == EPERM
                        ? "a cgroup above it has one that allows no others (attached without BPF_F_ALLOW_MULTI)"
                        : "");
    }
    for (std::size_t i = 1; i < old.size(); ++i) os::try_detach_device_program(directory, old[i].get());
}

void update_devices(const plan::DeviceUpdate& update, const std::vector<plan::CgroupDirectory>& directories) {
    const auto found = std::ranges::find_if(
        directories, [&](const plan::CgroupDirectory& directory) { return is_meant(update, directory); });
    const std::optional<Directory> directory =
        found == directories.end() ? std::nullopt : try_open_directory(found->directory);
    if (!directory) {
        fail("change the device rules at", "/linux/resources/devices",
             "the container has no cgroup that could have any", "create it as root of the host, with writable cgroups");
    }
    if (update.program) return attach_device_program(directory->fd.get(), *update.program, false, directory->path);
    std::vector<std::string> all;
    for (const plan::CgroupDirectory& entry : directories) all.push_back(entry.directory);
    update_device_list(*directory, *update.list, all);
}

}  // namespace rt::cgroup
