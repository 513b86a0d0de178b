#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::os {

/// One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)), with its escapes (\040) resolved.
struct MountInfo {
    std::uint64_t id = 0;
    std::uint64_t parent = 0;          ///< id of the mount it sits on
    std::string root;                  ///< which directory of the file system is mounted
    std::string mount_point;           ///< absolute, as this process sees it
    std::vector<std::string> options;  ///< of the mount: "ro", "nosuid", "idmapped" ...
    std::string type;                  ///< of the file system
    std::vector<std::string> super_options;
};

/// The mounts in the order of the file. Lines that are not of this form are left out: the kernel may add some one day.
std::vector<MountInfo> parse_mountinfo(std::string_view text);

/// Whether the path of the mount leads to it: nothing was mounted on top of it or above it later.
bool is_visible(const MountInfo& mount, const std::vector<MountInfo>& all);

}  // namespace rt::os
