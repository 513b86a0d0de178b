#include "rt/devices/trees.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/node.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/umask.hpp"

namespace rt::devices {

namespace {

constexpr std::string_view dev = "/dev/";

// Nobody else sees the tmpfs yet: names are safe in it.
os::UniqueFd open_directory(int tree, const std::vector<std::string>& parts, const plan::Rootfs& plan) {
    std::string path = "/dev";
    os::UniqueFd here = os::open_at(tree, ".", O_PATH | O_DIRECTORY);
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const char* name = parts[i].c_str();
        path += concat("/", parts[i]);
        if (::mkdirat(here.get(), name, 0755) == 0) {
            if (::fchownat(here.get(), name, plan.owner_uid, plan.owner_gid, AT_SYMLINK_NOFOLLOW) < 0) {
                throw_errno("give an owner to the directory", path);
            }
        } else if (errno != EEXIST) {
            throw_errno("make the directory", path);
        }
        here = os::try_open_at(here.get(), parts[i], O_PATH | O_DIRECTORY);
        if (!here) throw_errno("open the directory", path);
    }
    return here;
}

void make_in(int tree, const plan::Device& device, const plan::Rootfs& plan) {
    const std::vector<std::string> parts = split(std::string_view(device.path).substr(dev.size()), '/');
    if (parts.size() == 1) return make_node(tree, parts.front(), device, device.host_uid, device.host_gid);
    const os::UniqueFd directory = open_directory(tree, parts, plan);
    make_node(directory.get(), parts.back(), device, device.host_uid, device.host_gid);
}

}  // namespace

void fill_device_tmpfs(int tree, const plan::Rootfs& plan) {
    const os::UmaskScope umask(0);
    for (const plan::Device& device : plan.devices) {
        if (device.method != plan::DeviceMethod::in_device_tmpfs) continue;
        device.place.empty() ? make_in(tree, device, plan) : during(device.place, [&] { make_in(tree, device, plan); });
    }
}

os::UniqueFd make_node_tree(const plan::Rootfs& plan) {
    const os::UmaskScope umask(0);
    os::NewFilesystem filesystem("tmpfs");
    filesystem.set("mode", "711");  // init, another user, looks a node up by its name
    os::UniqueFd tree = filesystem.mount(0);
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        const plan::Device& device = plan.devices[i];
        if (device.method != plan::DeviceMethod::bind_node) continue;
        make_node(tree.get(), node_name(i), device, device.host_uid, device.host_gid);
    }
    return tree;
}

std::string node_name(std::size_t index) { return std::to_string(index); }

}  // namespace rt::devices
