#include "rt/devices/links.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"

namespace rt::devices {

namespace {

struct Link {
    const char* name;
    const char* target;
    const char* needs;  // made only when this exists; null: always
};
constexpr std::array<Link, 6> links{{{"fd", "/proc/self/fd", "/proc/self/fd"},
                                     {"stdin", "/proc/self/fd/0", "/proc/self/fd"},
                                     {"stdout", "/proc/self/fd/1", "/proc/self/fd"},
                                     {"stderr", "/proc/self/fd/2", "/proc/self/fd"},
                                     {"core", "/proc/kcore", "/proc/kcore"},
                                     {"ptmx", "pts/ptmx", nullptr}}};

[[noreturn]] void refuse(const char* doing, const char* name, int code) {
    throw_errno(doing, concat("/dev/", name), code, "", "mount a tmpfs on /dev, as `rt spec` has it");
}

bool is_terminal_multiplexer(const struct stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(5, 2);
}

void replace_ptmx(int dev, const Link& link) {
    // A node of its own works as well: the kernel looks for the devpts beside it (devpts, "ptmx").
    const std::optional<struct stat> there = os::try_status_at(dev, link.name, AT_SYMLINK_NOFOLLOW);
    if (!there || is_terminal_multiplexer(*there) || os::try_read_link(dev, link.name) == link.target) return;
    if (::unlinkat(dev, link.name, 0) < 0) refuse("replace", link.name, errno);
}

}  // namespace

void make_links(int root, int dev) {
    for (const Link& link : links) {
        if (link.needs != nullptr && !os::try_open_in_root(root, link.needs, O_PATH)) continue;
        if (std::string_view(link.name) == "ptmx") replace_ptmx(dev, link);
        if (::symlinkat(link.target, dev, link.name) < 0 && errno != EEXIST) refuse("make the link", link.name, errno);
    }
}

}  // namespace rt::devices
