#include "rt/cgroup/ownership.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

constexpr gid_t unchanged = static_cast<gid_t>(-1);

// What config-linux.md names for kernels without the list.
constexpr const char* customary_files = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n";

}  // namespace

void hand_over(const Directory& directory, std::uint32_t uid) {
    if (::fchown(directory.fd.get(), uid, unchanged) < 0) throw_errno("hand over the cgroup", directory.path);
    const std::string files = os::try_read_file(AT_FDCWD, "/sys/kernel/cgroup/delegate").value_or(customary_files);
    for (const std::string& name : split(files, '\n')) {
        if (name.empty() || name.find('/') != std::string::npos) continue;
        if (::fchownat(directory.fd.get(), name.c_str(), uid, unchanged, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT) {
            throw_errno("hand over the cgroup's file", concat(directory.path, "/", name));
        }
    }
}

}  // namespace rt::cgroup
