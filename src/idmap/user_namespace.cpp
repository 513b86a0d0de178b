#include "rt/idmap/user_namespace.hpp"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/host/namespace_switches.hpp"
#include "rt/idmap/write_maps.hpp"
#include "rt/os/bystander.hpp"
#include "rt/os/file.hpp"

namespace rt::idmap {

namespace {

os::Bystander start_inside_new_one(const os::Procfs& procfs) {
    std::optional<os::Bystander> inside = os::Bystander::try_start(CLONE_NEWUSER);
    if (inside) return *std::move(inside);
    const int code = errno;
    host::NamespaceRefusal refusal = host::explain_refused_namespaces(procfs.fd(), CLONE_NEWUSER, code);
    throw_errno("make a user namespace for", "an id-mapped mount", code, std::move(refusal.reason),
                std::move(refusal.hint));
}

}  // namespace

os::UniqueFd make_user_namespace(const os::Procfs& procfs, const plan::IdMappings& uids, const plan::IdMappings& gids) {
    const os::Bystander inside = start_inside_new_one(procfs);
    write_maps(procfs, inside.pid(), {.mapped = true, .uids = uids, .gids = gids});
    // A magic link, which the handle of /proc does not follow by itself: so what it led to is checked.
    const std::string path = concat(inside.pid(), "/ns/user");
    os::UniqueFd found = os::open_at(procfs.fd(), path, O_RDONLY);
    if (::ioctl(found.get(), NS_GET_NSTYPE) != CLONE_NEWUSER) {
        fail("open", concat("/proc/", path), "it is not the user namespace of that process");
    }
    return found;
}

}  // namespace rt::idmap
