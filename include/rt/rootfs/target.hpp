#pragma once

#include <cstdint>
#include <string>

#include "rt/os/fd.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

enum class TargetType : std::uint8_t { directory, file };

/// Opens (O_PATH) the file that a mount goes to. Symbolic links, dangling ones included, are followed inside the rootfs;
/// what is missing is made on the way: directories 0755, and at the end a directory or an empty file 0644. Each component
/// is made by the descriptor of the one before, so that nothing can appear outside (CVE-2024-45310).
/// \throws Error: with the owner and mode of the directory that refused, and who would need the right
os::UniqueFd open_or_make_target(int root, const std::string& path, TargetType type, const plan::Rootfs& plan);

}  // namespace rt::rootfs
