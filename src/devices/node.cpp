#include "rt/devices/node.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/fd.hpp"
#include "rt/os/file.hpp"

namespace rt::devices {

namespace {

// chown(2) takes the set-id bits off, and chmod(2) by name would follow a link: by the descriptor, while /proc is the host's.
void give(int directory, const std::string& name, const plan::Device& device, uid_t uid, gid_t gid) {
    const os::UniqueFd node = os::try_open_at(directory, name, O_PATH | O_NOFOLLOW);
    if (!node || !is_device(os::status_of(node.get(), device.path), device)) {
        fail("make the device", device.path, "somebody else put another file in its place");
    }
    if (::fchownat(node.get(), "", uid, gid, AT_EMPTY_PATH) < 0)
        throw_errno("give an owner to the device", device.path);
    constexpr std::uint32_t taken_off = S_ISUID | S_ISGID;
    if ((device.mode & taken_off) != 0 && ::chmod(os::descriptor_path(node.get()).c_str(), device.mode) < 0) {
        throw_errno("set the mode of the device", device.path);
    }
}

}  // namespace

bool is_device(const struct stat& status, const plan::Device& device) noexcept {
    if ((status.st_mode & S_IFMT) != device.type) return false;
    return device.type == S_IFIFO || status.st_rdev == ::makedev(device.major, device.minor);
}

std::string text_of(const plan::Device& device) {
    if (device.type == S_IFIFO) return "p";
    return concat(device.type == S_IFBLK ? 'b' : 'c', " ", device.major, ":", device.minor);
}

void make_node(int directory, const std::string& name, const plan::Device& device, std::optional<std::uint32_t> uid,
               std::optional<std::uint32_t> gid) {
    const dev_t number = device.type == S_IFIFO ? 0 : ::makedev(device.major, device.minor);
    if (::mknodat(directory, name.c_str(), device.type | device.mode, number) < 0) {
        throw_errno("make the device", device.path);
    }
    if (!uid && !gid) return;
    constexpr std::uint32_t unchanged = ~0U;
    give(directory, name, device, uid.value_or(unchanged), gid.value_or(unchanged));
}

}  // namespace rt::devices
