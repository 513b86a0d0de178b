#include "rt/devices/devices.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/devices/bind.hpp"
#include "rt/devices/links.hpp"
#include "rt/devices/node.hpp"
#include "rt/devices/trees.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"
#include "rt/os/umask.hpp"

namespace rt::devices {

namespace {

using plan::DeviceMethod;

constexpr const char* advice = "mount a tmpfs on /dev, as `rt spec` has it";

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

bool is_listed(const plan::Device& device) { return !device.place.empty(); }

bool is_bound(const plan::Device& device) {
    return device.method == DeviceMethod::bind_node || device.method == DeviceMethod::bind_host;
}

// What a bind mount needs below it, and what an earlier start may have left there: an empty file without any permission.
constexpr mode_t placeholder_mode = 0;

bool is_placeholder(const struct stat& status, const plan::Device& device) {
    if (!S_ISREG(status.st_mode)) return false;
    if (!is_listed(device)) return is_bound(device);
    constexpr mode_t permissions = 07777;
    return status.st_size == 0 && (status.st_mode & permissions) == placeholder_mode;
}

class Maker {
public:
    Maker(int root, const plan::Rootfs& plan, const Sources& sources) : root_(root), plan_(plan), sources_(sources) {}

    void make(std::size_t index) {
        const plan::Device& device = plan_.devices[index];
        // Made by the runtime; only what the configuration lists may have been covered since.
        if (device.method == DeviceMethod::in_device_tmpfs && !is_listed(device)) return;
        const std::size_t slash = device.path.rfind('/');
        const std::string name = device.path.substr(slash + 1);
        if (device.path.compare(0, slash, "/dev") == 0) {
            supply(dev(), name, index);
        } else {
            supply(open_parent(device, device.path.substr(0, slash)).get(), name, index);
        }
    }

    int dev() {
        if (!dev_) dev_ = open_dev(root_);
        return dev_.get();
    }

private:
    os::UniqueFd open_parent(const plan::Device& device, const std::string& directory) const {
        const bool may_make =
            device.method != DeviceMethod::must_exist && device.method != DeviceMethod::in_device_tmpfs;
        if (may_make) return sources_.directory(directory);
        os::UniqueFd there = os::try_open_in_root(root_, directory.empty() ? "/" : directory, O_PATH | O_DIRECTORY);
        if (!there) refuse_missing(device);
        return there;
    }

    void supply(int directory, const std::string& name, std::size_t index) {
        const plan::Device& device = plan_.devices[index];
        const std::optional<struct stat> there = os::try_status_at(directory, name, AT_SYMLINK_NOFOLLOW);
        if (there && is_device(*there, device)) return require_as_asked(*there, device);
        if (there && !is_placeholder(*there, device)) {
            fail("make the device", device.path,
                 concat("the rootfs has another file at that place, and not ", text_of(device)), advice);
        }
        switch (device.method) {
            case DeviceMethod::in_device_tmpfs:
            case DeviceMethod::must_exist: refuse_missing(device);
            case DeviceMethod::make_node: return make_instead(directory, name, device, there.has_value());
            case DeviceMethod::bind_host: return cover(directory, name, device, clone_host_node(device));
            case DeviceMethod::bind_node: return cover(directory, name, device, clone_node(index));
        }
    }

    // A directory of the host is as it is; what the runtime has made is as asked.
    static void require_as_asked(const struct stat& status, const plan::Device& device) {
        if (device.method != DeviceMethod::make_node && device.method != DeviceMethod::bind_node) return;
        constexpr mode_t permissions = 07777;
        const bool mode = !device.asked_mode || *device.asked_mode == (status.st_mode & permissions);
        const bool owner = device.asked_uid.value_or(status.st_uid) == status.st_uid &&
                           device.asked_gid.value_or(status.st_gid) == status.st_gid;
        if (mode && owner) return;
        fail("make the device", device.path,
             concat("the rootfs has it already, with the mode ", octal_mode(status.st_mode & permissions),
                    " and the owner ", status.st_uid, ":", status.st_gid,
                    " (as the container counts), which are not those that are asked for"),
             "remove it there, or leave out fileMode, uid and gid");
    }

    [[noreturn]] static void refuse_missing(const plan::Device& device) {
        if (device.method == DeviceMethod::in_device_tmpfs) {
            fail("use the device", device.path, "a mount covers the place where it was made");
        }
        fail("use the device", device.path,
             "it is not there, and its directory is one of the host, where rt makes no devices",
             "make it on the host, or mount something else there");
    }

    static void make_instead(int directory, const std::string& name, const plan::Device& device, bool placeholder) {
        if (placeholder && ::unlinkat(directory, name.c_str(), 0) < 0) throw_errno("replace", device.path);
        make_node(directory, name, device, device.asked_uid, device.asked_gid);
    }

    os::UniqueFd clone_node(std::size_t index) {
        if (!nodes_) nodes_.emplace(sources_.nodes(), root_);
        return nodes_->clone(node_name(index));
    }

    static void cover(int directory, const std::string& name, const plan::Device& device, const os::UniqueFd& node) {
        constexpr int new_file = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
        if (!os::try_open_at(directory, name, new_file, placeholder_mode) && errno != EEXIST) {
            throw_errno("make a file to cover with the device", device.path, errno, "", advice);
        }
        const os::UniqueFd file = os::try_open_at(directory, name, O_PATH | O_NOFOLLOW);
        if (!file) throw_errno("open", device.path, errno, "", advice);
        if (!is_placeholder(os::status_of(file.get(), device.path), device)) {
            fail("make the device", device.path, "somebody else put another file in its place", advice);
        }
        os::attach_mount(node.get(), file.get(), device.path);
    }

    int root_;
    const plan::Rootfs& plan_;
    const Sources& sources_;
    os::UniqueFd dev_;
    std::optional<NodeTree> nodes_;
};

}  // namespace

void make_devices(int root, const plan::Rootfs& plan, const Sources& sources) {
    if (plan.devices.empty() && !plan.device_links) return;
    const trace::Span span("make the devices");
    const os::UmaskScope umask(0);
    Maker maker(root, plan, sources);
    for (std::size_t i = 0; i < plan.devices.size(); ++i) {
        const std::string& place = plan.devices[i].place;
        place.empty() ? maker.make(i) : during(place, [&] { maker.make(i); });
    }
    if (plan.device_links) make_links(root, maker.dev());
}

}  // namespace rt::devices
