// /proc/PID/mountinfo, and what is found by it; behind it, a /proc/PID/cgroup.
#include "rt/os/mountinfo.hpp"

#include "rt/base/text.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/host/resctrl.hpp"
#include "target.hpp"

using namespace rt;

namespace {

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        const bool plain = c != ' ' && c != '\t' && c != '\n' && c != '\\';
        const auto byte = static_cast<unsigned char>(c);
        result += plain ? std::string(1, c)
                        : concat("\\", char('0' + (byte >> 6)), char('0' + (byte >> 3 & 7)), char('0' + (byte & 7)));
    }
    return result;
}

std::string line_of(const os::MountInfo& mount) {
    return concat(mount.id, " ", mount.parent, " 0:1 ", escaped(mount.root), " ", escaped(mount.mount_point), " ",
                  join(mount.options, ","), " - ", mount.type, " none ", join(mount.super_options, ","));
}

std::string text_of(const std::vector<os::MountInfo>& mounts) {
    std::string text;
    for (const os::MountInfo& mount : mounts) text += line_of(mount) + "\n";
    return text;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    const std::vector<os::MountInfo> mounts = os::parse_mountinfo(input.text);
    const std::string text = text_of(mounts);
    fuzz::require(text_of(os::parse_mountinfo(text)) == text, "mounts are read as they are written");
    if (mounts.size() > 50) return 0;  // looking for what is visible takes the square
    for (const os::MountInfo& mount : mounts) os::is_visible(mount, mounts);
    host::resctrl_root(mounts);
    for (const host::CgroupHierarchy& hierarchy : host::cgroup_hierarchies(mounts)) {
        const std::optional<std::string> directory = host::directory_of_process(hierarchy, input.choices.rest());
        fuzz::require(!directory || directory->starts_with(hierarchy.mount_point), "a process is in its hierarchy");
        host::way_to(hierarchy, directory);
    }
    return 0;
}
