#include "rt/container/joined_namespaces.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/namespaces.hpp"

namespace rt::container {

namespace {

void check_type(const init::OpenNamespace& entry) {
    const int flag = ::ioctl(entry.fd.get(), NS_GET_NSTYPE);
    if (flag < 0) {
        fail(concat("join the ", name_of(entry.type), " namespace"), entry.path, "the file is no namespace",
             "give a path like /proc/PID/ns/" + std::string(entry_of(entry.type).proc_name));
    }
    if (static_cast<std::uint64_t>(flag) == clone_flag_of(entry.type)) return;
    const auto real = namespace_type_of_flag(static_cast<std::uint64_t>(flag));
    fail(concat("join the ", name_of(entry.type), " namespace"), entry.path,
         concat("the file is another namespace, of the type ", real ? name_of(*real) : "unknown"),
         "give a path like /proc/PID/ns/" + std::string(entry_of(entry.type).proc_name));
}

init::OpenNamespace open_namespace(NamespaceType type, const std::string& path) {
    init::OpenNamespace entry{.type = type, .path = path, .fd = {}};
    entry.fd = os::try_open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
    if (!entry.fd) {
        const int code = errno;
        throw_errno(concat("join the ", name_of(type), " namespace"), path, code, "",
                    code == EACCES
                        ? "/proc/PID/ns is open to those who may ptrace(2) the process: its own user, and root "
                          "of a user namespace above it"
                        : "");
    }
    check_type(entry);
    return entry;
}

std::string own_path(NamespaceType type) { return concat("/proc/self/ns/", entry_of(type).proc_name); }

std::uint64_t own_inode(NamespaceType type) {
    const auto own = os::try_status_at(AT_FDCWD, own_path(type));
    return own ? own->st_ino : 0;
}

}  // namespace

NamespacesByPath open_namespaces(spec::Linux& linux_section) {
    plan::plan_namespaces(linux_section);  // an entry too many is refused before one is dropped
    NamespacesByPath opened;
    // setns(2) refuses the own user namespace, and what would change the mounts, names, parameters or devices of the host
    // must not pass for the container's own.
    std::erase_if(linux_section.namespaces, [&](const spec::Namespace& listed) {
        if (!listed.path) return false;
        init::OpenNamespace entry = open_namespace(listed.type, *listed.path);
        if (os::status_of(entry.fd.get(), entry.path).st_ino == own_inode(entry.type)) {
            opened.paths_to_own.emplace(entry.type, std::move(entry.path));
            return true;
        }
        opened.others.push_back(std::move(entry));
        return false;
    });
    return opened;
}

void add_facts(host::Facts& facts, const std::vector<init::OpenNamespace>& namespaces, const os::Procfs& procfs) {
    const std::uint64_t own = namespaces.empty() ? 0 : own_inode(NamespaceType::user);
    for (const init::OpenNamespace& entry : namespaces) {
        if (entry.type == NamespaceType::user) {
            facts.joined_user_namespace = host::read_user_namespace(procfs, entry.fd.get(), entry.path);
        } else {
            facts.namespace_owners[entry.type] = host::read_namespace_owner(entry.fd.get(), own);
            if (facts.initial_user_namespace) continue;
            const os::UniqueFd home = os::open_at(AT_FDCWD, own_path(entry.type), O_RDONLY);
            facts.own_namespace_owners[entry.type] = host::read_namespace_owner(home.get(), own);
        }
    }
}

}  // namespace rt::container
