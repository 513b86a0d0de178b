#include "rt/host/facts.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/host/user_namespace.hpp"
#include "rt/os/bystander.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

namespace {

std::uint64_t effective_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2] = {};
    if (::syscall(SYS_capget, &header, data) < 0) throw_errno("get the capabilities of", "this process");
    return data[0].effective | std::uint64_t{data[1].effective} << 32U;
}

std::uint64_t inode_of(const os::Procfs& procfs, const std::string& path) {
    const auto status = os::try_status_at(procfs.fd(), path);
    return status ? status->st_ino : 0;
}

}  // namespace

UserNamespaceMaps maps_of_process(const os::Procfs& procfs, const std::string& process) {
    return {.uid_map = procfs.read(concat(process, "/uid_map")),
            .gid_map = procfs.read(concat(process, "/gid_map")),
            .groups_denied = trim(procfs.read(concat(process, "/setgroups"))) == "deny"};
}

Facts take_facts(const os::Procfs& procfs) {
    const trace::Span span("look at the machine");
    Facts facts;
    facts.uid = ::geteuid();
    facts.gid = ::getegid();
    facts.capabilities = effective_capabilities();
    constexpr unsigned most_capabilities = 64;
    for (unsigned capability = 0; capability < most_capabilities; ++capability) {
        const int bounded = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (bounded < 0) break;  // EINVAL: past the last one the kernel knows
        facts.known_capabilities |= std::uint64_t{1} << capability;
        if (bounded == 1) facts.bounding |= std::uint64_t{1} << capability;
    }
    facts.initial_user_namespace = is_initial_user_namespace(procfs.fd(), "self/ns/user");
    if (facts.initial_user_namespace) return facts;
    facts.own_user_namespace = maps_of_process(procfs, "self");
    const os::UniqueFd mounts = os::open_at(procfs.fd(), "self/ns/mnt", O_RDONLY);
    facts.own_namespace_owners[NamespaceType::mount] =
        read_namespace_owner(mounts.get(), inode_of(procfs, "self/ns/user"));
    return facts;
}

std::optional<std::string> possible_memory_nodes() {
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, "/sys/devices/system/node/possible");
    if (!text) return std::nullopt;
    return std::string(trim(*text));
}

UserNamespaceMaps read_user_namespace(const os::Procfs& procfs, int user_namespace, const std::string& path) {
    const std::optional<os::Bystander> inside = os::Bystander::try_start(0, user_namespace);
    if (!inside) {
        const int code = errno;
        throw_errno("join the user namespace", path, code, "",
                    code == EPERM ? "rt must own the namespace or hold CAP_SYS_ADMIN in it" : "");
    }
    UserNamespaceMaps maps = maps_of_process(procfs, std::to_string(inside->pid()));
    maps.inode = os::status_of(user_namespace, path).st_ino;
    return maps;
}

}  // namespace rt::host
