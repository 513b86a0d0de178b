#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rt/plan/rootfs.hpp"

namespace rt::test {

/// A container reduced to its view of files: made as the runtime and init make it, in processes and namespaces of its own.
struct RootfsCase {
    spec::Spec config;            ///< root.path is "rootfs"; config.json's other parts as the test wants them
    bool user_namespace = false;  ///< 0 -> 100000, 1000 ids
    bool network_namespace = true;
    bool no_pivot = false;
    bool rootless = false;  ///< the runtime opens nothing for init
    /// none and joined: init is in the mount namespace of the runtime.
    plan::MountNamespace mount_namespace = plan::MountNamespace::created;
    std::optional<plan::CgroupView> cgroup;
    /// Puts files into the bundle, as root of the host; "rootfs" and "rootfs/dev" exist there. The directory is a tmpfs that nobody else sees.
    std::function<void(const std::string& bundle)> arrange;
    /// Runs as the container's root, in its root directory, when everything is made; what it returns is the result. `proc`
    /// is a directory descriptor of the host's /proc.
    std::function<std::string(int proc)> inside;
    /// Runs between enter() and protect(), like the console.
    std::function<void(int root)> before_protect;
    /// Runs on the host afterwards, while the container still lives.
    std::function<std::string(const std::string& bundle)> outside;
};

struct RootfsResult {
    std::string inside;  ///< or "error: ..." with the message and the hint
    std::string outside;
    std::vector<std::string> warnings;
};

RootfsResult run_in_rootfs(const RootfsCase& wanted);

/// The mounts customary for a container.
std::vector<spec::Mount> customary_mounts();

/// The last line of a mountinfo for that mount point; empty when there is none.
std::string mountinfo_line(const std::string& mountinfo, const std::string& mount_point);
/// How many mounts there are on it.
int mount_count(const std::string& mountinfo, const std::string& mount_point);

/// "c 1:3 0666 0:0", "- 0644 1:2", "l target", "d 0755 0:0", or the name of the error.
std::string describe(const std::string& path);
/// The content, or the name of the error.
std::string content(const std::string& path);
/// Writes a file; "ok" or the name of the error.
std::string try_write(const std::string& path, const std::string& text);
void make_file(const std::string& path, const std::string& text = "");
void make_directory(const std::string& path, unsigned mode = 0755);
void make_link(const std::string& path, const std::string& target);

}  // namespace rt::test
