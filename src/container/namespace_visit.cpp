#include "rt/container/namespace_visit.hpp"

#include <fcntl.h>
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

}  // namespace rt::container
