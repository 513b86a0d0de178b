#include "rt/container/namespace_visit.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"

namespace rt::container {

namespace {

// pid: where children go, which is what setns(2) changes for that type.
std::string own_path(NamespaceType type) {
    const std::string_view name = type == NamespaceType::pid ? "pid_for_children" : entry_of(type).proc_name;
    return concat("/proc/self/ns/", name);
}

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

}  // namespace

NamespaceVisit::NamespaceVisit(const std::vector<init::OpenNamespace>& namespaces,
                               const std::vector<NamespaceType>& types) {
    try {
        for (const NamespaceType type : types) {
            const auto target = std::ranges::find(namespaces, type, &init::OpenNamespace::type);
            const std::string path = own_path(type);
            homes_.push_back({.type = type, .path = path, .fd = os::open_at(AT_FDCWD, path, O_RDONLY)});
            const int code = os::try_join_namespace(target->fd.get(), static_cast<int>(clone_flag_of(type)));
            if (code == 0) continue;
            homes_.pop_back();
            throw_errno(concat("join the ", name_of(type), " namespace"), target->path, code, "",
                        code == EPERM ? "joining a namespace needs CAP_SYS_ADMIN: run rt as root" : "");
        }
    } catch (...) {
        go_home();
        throw;
    }
}

NamespaceVisit::~NamespaceVisit() {
    try {
        go_home();
    } catch (const Error& error) {
        // In a foreign namespace nothing may be undone or reported as if it were home.
        log::error(error.failure());
        ::_exit(1);
    }
}

void NamespaceVisit::go_home() {
    while (!homes_.empty()) {
        const init::OpenNamespace home = std::move(homes_.back());
        homes_.pop_back();
        const int code = os::try_join_namespace(home.fd.get(), static_cast<int>(clone_flag_of(home.type)));
        if (code != 0) throw_errno(concat("return to the own ", name_of(home.type), " namespace"), "", code);
    }
}

std::vector<init::OpenNamespace> open_namespaces(const plan::Namespaces& namespaces) {
    std::vector<init::OpenNamespace> opened;
    for (const plan::JoinedNamespace& joined : namespaces.joined) {
        init::OpenNamespace entry{.type = joined.type, .path = joined.path, .fd = {}};
        entry.fd = os::try_open_at(AT_FDCWD, joined.path, O_RDONLY | O_NONBLOCK);
        if (!entry.fd) throw_errno(concat("join the ", name_of(joined.type), " namespace"), joined.path);
        check_type(entry);
        opened.push_back(std::move(entry));
    }
    return opened;
}

}  // namespace rt::container
