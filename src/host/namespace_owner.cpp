#include "rt/host/namespace_owner.hpp"

#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"

namespace rt::host {

bool NamespaceOwner::is_below(std::uint64_t user_namespace) const noexcept {
    return std::ranges::find(user_namespaces, user_namespace) != user_namespaces.end();
}

NamespaceOwner read_namespace_owner(int name_space, std::uint64_t own) {
    NamespaceOwner owner;
    os::UniqueFd user(::ioctl(name_space, NS_GET_USERNS));
    if (user && ::ioctl(user.get(), NS_GET_OWNER_UID, &owner.uid) < 0) owner.uid = 0;
    while (user) {
        const std::uint64_t inode = os::status_of(user.get(), "a user namespace").st_ino;
        owner.user_namespaces.push_back(inode);
        if (inode == own) break;
        user = os::UniqueFd(::ioctl(user.get(), NS_GET_PARENT));
    }
    return owner;
}

}  // namespace rt::host
