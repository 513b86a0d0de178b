#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "rt/plan/namespaces.hpp"

namespace rt::rootfs {

/// A process of the container, by its ids of the host.
struct Actor {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
    std::string who;  ///< for messages: "root of the container"
    /// Holds all capabilities of its user namespace: modes do not count for files whose ids are both mapped there
    /// (user_namespaces(7), capabilities(7)).
    bool capable = false;
};

/// Whether the mode bits let the actor search the directory (or execute the file); `status` as the host sees it.
bool may_execute(const struct stat& status, const Actor& actor, const plan::UserMappings& mappings) noexcept;

/// After execve(2) was refused with EACCES or ENOENT: the first directory on the way that the calling process may not
/// search, the program itself, its interpreter (#! line or ELF) when that one is missing or refused.
/// Called by the process whose right it is, inside the container; `root` is its root directory.
/// Empty when nothing of this explains it.
std::optional<std::string> explain_refused_program(int root, const std::string& path, const plan::UserMappings& mappings);

}  // namespace rt::rootfs
