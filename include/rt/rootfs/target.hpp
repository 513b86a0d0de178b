#pragma once

#include <cstdint>
#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

enum class TargetType : std::uint8_t { directory, file };

/// What a symbolic link at the end of the path means: the way to the target, or the target itself (dest-nofollow).
enum class LastLink : std::uint8_t { follow, cover };

/// The file that a mount goes to (O_PATH).
struct Target {
    os::UniqueFd fd;
    bool existed = false;
};

/// Opens the target inside the rootfs. Symbolic links, dangling ones included, are followed inside it;
/// what is missing is made on the way: directories 0755, and at the end a directory or an empty file 0644. Each component
/// is made by the descriptor of the one before, so that nothing can appear outside (CVE-2024-45310). The umask counts.
/// \throws Error: with the owner and mode of the directory that refused, and who would need the right
Target open_or_make_target(int root, const std::string& path, TargetType type, const plan::Rootfs& plan,
                           LastLink last_link = LastLink::follow);

}  // namespace rt::rootfs
