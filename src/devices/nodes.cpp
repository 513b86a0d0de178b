#include "rt/devices/nodes.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/umask.hpp"

namespace rt::devices {

namespace {

struct Link {
    const char* name;
    const char* target;
    const char* needs;  // made only when this exists (runtime-linux.md "Dev symbolic links"); null: always
};
constexpr std::array<Link, 6> links{{{"fd", "/proc/self/fd", "/proc/self/fd"},
                                     {"stdin", "/proc/self/fd/0", "/proc/self/fd"},
                                     {"stdout", "/proc/self/fd/1", "/proc/self/fd"},
                                     {"stderr", "/proc/self/fd/2", "/proc/self/fd"},
                                     {"core", "/proc/kcore", "/proc/kcore"},
                                     {"ptmx", "pts/ptmx", nullptr}}};

constexpr const char* advice = "mount a tmpfs on /dev, as `rt spec` has it";

std::string path_of(const std::string& name) { return concat("/dev/", name); }

bool is_device(const struct stat& status, std::uint32_t major, std::uint32_t minor) {
    return S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(major, minor);
}

bool is_device(const struct stat& status, const plan::Device& device) {
    return is_device(status, device.major, device.minor);
}

[[noreturn]] void refuse(const char* doing, const std::string& name, int code) {
    throw_errno(doing, path_of(name), code, "", advice);
}

[[noreturn]] void refuse_other_file(const std::string& name) {
    fail("make the device", path_of(name), "the rootfs has another file at that place", advice);
}

// The one look-up of /dev, inside the rootfs even when the image made it a symbolic link to anywhere; everything below goes
// by this descriptor (CVE-2026-41579).
os::UniqueFd open_dev(int root) {
    os::UniqueFd dev = os::try_open_in_root(root, "/dev", O_PATH | O_DIRECTORY);
    if (dev || errno != ENOENT) return dev ? std::move(dev) : os::open_in_root(root, "/dev", O_PATH | O_DIRECTORY);
    if (::mkdirat(root, "dev", 0755) < 0) {
        const int code = errno;
        if (code == EEXIST) fail("open", "/dev", "in the rootfs it is a symbolic link to nothing", advice);
        throw_errno("make the directory", "/dev", code, "", advice);
    }
    return os::open_in_root(root, "/dev", O_PATH | O_DIRECTORY);
}

void make_node(int dev, const plan::Device& device) {
    const std::optional<struct stat> there = os::try_status_at(dev, device.name, AT_SYMLINK_NOFOLLOW);
    if (there && is_device(*there, device)) return;
    if (there) refuse_other_file(device.name);
    if (::mknodat(dev, device.name.c_str(), S_IFCHR | device.mode, ::makedev(device.major, device.minor)) < 0) {
        refuse("make the device", device.name, errno);
    }
}

os::UniqueFd open_file_to_cover(int dev, const std::string& name) {
    if (!os::try_open_at(dev, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644) && errno != EEXIST) {
        refuse("make a file to cover with the host's", name, errno);
    }
    os::UniqueFd file = os::try_open_at(dev, name, O_PATH | O_NOFOLLOW);
    if (!file) refuse("open", name, errno);
    if (!S_ISREG(os::status_of(file.get(), name).st_mode)) refuse_other_file(name);
    return file;
}

// The host's node, checked by its number: a user namespace may use nodes of a file system of the host, but make none.
void bind_node(int dev, const plan::Device& device) {
    const std::optional<struct stat> there = os::try_status_at(dev, device.name, AT_SYMLINK_NOFOLLOW);
    if (there && is_device(*there, device)) return;
    const std::string path = path_of(device.name);
    const os::UniqueFd node = os::clone_tree(AT_FDCWD, path, false, path);
    if (!is_device(os::status_of(node.get(), path), device)) {
        fail("use the device", path, concat("on this host it is not ", device.major, ":", device.minor));
    }
    os::set_mount_attributes(node.get(), {.propagation = MS_PRIVATE}, false, path);
    const os::UniqueFd file = open_file_to_cover(dev, device.name);
    os::attach_mount(node.get(), file.get(), path);
}

void replace_ptmx(int dev, const Link& link) {
    // A node of its own works as well: the kernel looks for the devpts beside it (devpts, "ptmx").
    const std::optional<struct stat> there = os::try_status_at(dev, link.name, AT_SYMLINK_NOFOLLOW);
    if (!there || is_device(*there, 5, 2) || os::try_read_link(dev, link.name) == link.target) return;
    if (::unlinkat(dev, link.name, 0) < 0) refuse("replace", link.name, errno);
}

void make_link(int root, int dev, const Link& link) {
    if (link.needs != nullptr && !os::try_open_in_root(root, link.needs, O_PATH)) return;
    if (std::string_view(link.name) == "ptmx") replace_ptmx(dev, link);
    if (::symlinkat(link.target, dev, link.name) < 0 && errno != EEXIST) refuse("make the link", link.name, errno);
}

}  // namespace

void make_default_devices(int root, const plan::Rootfs& plan) {
    if (plan.devices == plan::DeviceMethod::none && !plan.device_links) return;
    const os::UmaskScope umask(0);
    const os::UniqueFd dev = open_dev(root);
    if (plan.devices != plan::DeviceMethod::none) {
        for (const plan::Device& device : plan::default_devices()) {
            plan.devices == plan::DeviceMethod::make_nodes ? make_node(dev.get(), device)
                                                           : bind_node(dev.get(), device);
        }
    }
    if (!plan.device_links) return;
    for (const Link& link : links) make_link(root, dev.get(), link);
}

}  // namespace rt::devices
