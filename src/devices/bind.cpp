#include "rt/devices/bind.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/node.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::devices {

namespace {

os::UniqueFd try_clone(const std::string& path, const plan::Device& device) {
    os::UniqueFd node = os::try_clone_tree(AT_FDCWD, path, false);
    if (node && !is_device(os::status_of(node.get(), path), device)) node.reset();
    return node;
}

// sysfs knows the name that devtmpfs gave the node (Documentation/ABI/testing/sysfs-dev): "DEVNAME=net/tun".
std::string host_path(const plan::Device& device) {
    const char* kind = device.type == S_IFBLK ? "block" : "char";
    const std::string uevent = concat("/sys/dev/", kind, "/", device.major, ":", device.minor, "/uevent");
    const std::optional<std::string> text = os::try_read_file(AT_FDCWD, uevent);
    constexpr std::string_view key = "DEVNAME=";
    for (const std::string& line : split(text.value_or(std::string()), '\n')) {
        if (line.starts_with(key)) return concat("/dev/", line.substr(key.size()));
    }
    return {};
}

void require_as_asked(const struct stat& status, const plan::Device& device) {
    constexpr std::uint32_t permissions = 07777;
    constexpr const char* hint =
        "run rt as root, or remove fileMode, uid and gid of this device to take the host's node as it is";
    const std::uint32_t mode = status.st_mode & permissions;
    if (device.asked_mode && *device.asked_mode != mode) {
        fail("use the host's device for", device.path,
             concat("its mode is ", octal_mode(mode), " and ", octal_mode(*device.asked_mode),
                    " is asked for: rt may not make a node of its own here"),
             hint);
    }
    if ((device.asked_uid && *device.asked_uid != status.st_uid) ||
        (device.asked_gid && *device.asked_gid != status.st_gid)) {
        fail("use the host's device for", device.path,
             concat("inside the container its owner is ", status.st_uid, ":", status.st_gid, " and ",
                    device.asked_uid.value_or(status.st_uid), ":", device.asked_gid.value_or(status.st_gid),
                    " is asked for: rt may not make a node of its own here"),
             hint);
    }
}

}  // namespace

os::UniqueFd clone_host_node(const plan::Device& device) {
    os::UniqueFd node = try_clone(device.path, device);
    if (!node) {
        if (const std::string other = host_path(device); !other.empty()) node = try_clone(other, device);
    }
    if (!node) {
        fail("use the host's device for", device.path,
             concat("this host has no file for ", text_of(device), " under that path or where the kernel has it"));
    }
    require_as_asked(os::status_of(node.get(), device.path), device);
    os::set_mount_attributes(node.get(), {.propagation = MS_PRIVATE}, false, device.path);
    return node;
}

NodeTree::NodeTree(os::UniqueFd tree, int place) : tree_(std::move(tree)) {
    os::attach_mount(tree_.get(), place, "the device nodes of the runtime");
}

NodeTree::~NodeTree() {
    if (::fchdir(tree_.get()) < 0) return;
    os::try_detach_working_directory();
    if (::chdir("/") < 0) return;  // the directory of before is the caller's own, and "/" serves init as well
}

os::UniqueFd NodeTree::clone(const std::string& name) const {
    return os::clone_tree(tree_.get(), name, false, "a device node of the runtime");
}

}  // namespace rt::devices
