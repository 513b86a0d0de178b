#include "rt/container/network_devices.hpp"

#include <fcntl.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/container/namespace_visit.hpp"
#include "rt/os/file.hpp"

namespace rt::container {

namespace {

// A magic link, which Procfs refuses to follow: asked for by the directory that was verified.
init::OpenNamespace network_namespace_of(const std::string& process, const os::Procfs& procfs) {
    const std::string path = concat(process, "/ns/net");
    init::OpenNamespace entry{.type = NamespaceType::network, .path = concat("/proc/", path), .fd = {}};
    entry.fd = os::try_open_at(procfs.fd(), path, O_RDONLY);
    if (entry.fd) return entry;
    const int code = errno;
    throw_errno("open the network namespace", entry.path, code, "",
                code == EACCES ? "rt needs CAP_SYS_PTRACE to reach the namespaces of the container" : "");
}

}  // namespace

network::MovedDevices between_here_and(pid_t process, const os::Procfs& procfs) {
    network::NetworkNamespace home{.fd = network_namespace_of("self", procfs).fd, .netlink = network::Netlink::open()};
    std::vector<init::OpenNamespace> visited;
    visited.push_back(network_namespace_of(std::to_string(process), procfs));
    NamespaceVisit visit(visited, {NamespaceType::network});
    network::Netlink inside = network::Netlink::open();
    visit.go_home();
    return {std::move(home), {.fd = std::move(visited.front().fd), .netlink = std::move(inside)}};
}

}  // namespace rt::container
