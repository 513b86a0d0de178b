#include "rt/init/enter_namespaces.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/network/loopback.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/process.hpp"
#include "rt/os/socket.hpp"

namespace rt::init {

namespace {

void join(const OpenNamespace& entry) {
    const int code = os::try_join_namespace(entry.fd.get(), static_cast<int>(clone_flag_of(entry.type)));
    if (code == 0) return;
    throw_errno(concat("join the ", name_of(entry.type), " namespace"), entry.path, code, "",
                code == EPERM
                    ? "the user namespace that owns it must be the container's own or one below it, unless rt runs "
                      "with CAP_SYS_ADMIN in the owner"
                    : "");
}

// The hint for a refused unshare(2): a limit of /proc/sys/user, or no capability (namespaces(7)).
std::string hint_for(int code) {
    if (code == ENOSPC) return "a limit of namespaces is reached: see /proc/sys/user/max_*_namespaces";
    if (code == EPERM) return "making namespaces needs CAP_SYS_ADMIN: run rt as root, or list a user namespace too";
    return {};
}

void set_names(const plan::UtsNames& names) {
    if (names.host && ::sethostname(names.host->c_str(), names.host->size()) < 0) {
        throw_errno("set the host name", *names.host);
    }
    if (names.domain && ::setdomainname(names.domain->c_str(), names.domain->size()) < 0) {
        throw_errno("set the domain name", *names.domain);
    }
}

}  // namespace

void unshare(std::uint64_t flags) {
    if (flags == 0) return;
    try {
        os::unshare_namespaces(flags);
    } catch (Error& error) {
        error.add_hint(hint_for(error.failure().code));
        throw;
    }
}

void join_before_birth(const plan::NamespaceSteps& steps, std::vector<OpenNamespace>& namespaces, int line) {
    const auto join_and_drop = [&](NamespaceType type) {
        const auto found = std::ranges::find(namespaces, type, &OpenNamespace::type);
        if (found == namespaces.end()) return;
        join(*found);
        namespaces.erase(found);
    };
    // While this process has all the rights of the runtime.
    std::ranges::for_each(steps.joined_before_init, join_and_drop);
    join_and_drop(NamespaceType::user);
    if (!steps.second_clone) return;
    join_and_drop(NamespaceType::pid);
    clone_again(steps.second_clone_flags, line);
}

// The new process speaks only when this one has told the runtime who it is: it waits until this one has ended.
void clone_again(std::uint64_t flags, int line) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) throw_errno("make a pipe for", "the second process");
    const os::UniqueFd told(ends[0]);
    os::UniqueFd speaking(ends[1]);
    const std::optional<os::Clone> clone = os::try_clone_process(flags | CLONE_PARENT, -1);
    if (!clone) throw_errno("start a process inside the namespaces that are joined", "", errno, "", hint_for(errno));
    if (clone->pid == 0) {
        speaking.reset();
        os::read_all(told.get(), "the pipe of the first process");
        return;
    }
    const Message message{.kind = Message::Kind::init_pid, .first = static_cast<std::uint32_t>(clone->pid)};
    os::try_send_packet(line, encode(message));
    ::_exit(0);
}

void enter_namespaces(const plan::Plan& plan, const std::vector<OpenNamespace>& namespaces) {
    const trace::Span span("enter the namespaces");
    for (const OpenNamespace& entry : namespaces) {
        if (entry.type != NamespaceType::mount) join(entry);
    }
    unshare(plan.namespace_steps.unshared_by_init & ~std::uint64_t{CLONE_NEWTIME});
    if (plan.namespaces.creates(NamespaceType::mount)) {
        // A copy of shared mounts is a peer of the originals (mount_namespaces(7)): nothing made here may reach the host.
        os::set_propagation("/", MS_SLAVE | MS_REC);
    }
    set_names(plan.uts_names);
    if (plan.network.loopback_up) network::set_loopback_up();
}

void join_mount_namespace(const std::vector<OpenNamespace>& namespaces) {
    for (const OpenNamespace& entry : namespaces) {
        if (entry.type == NamespaceType::mount) join(entry);
    }
}

}  // namespace rt::init
