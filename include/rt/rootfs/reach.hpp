#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "rt/plan/rootfs.hpp"

namespace rt::rootfs {

/// Whether the mode bits let the user search the directory (or execute the file); `status` as the host sees it.
bool may_execute(const struct stat& status, const plan::FileUser& user, const plan::UserMappings& mappings) noexcept;

/// \throws Error: one of plan.users may not search the rootfs directory `root`; with its mode and owner, the host id that
/// would need the right, and what to do. An id-mapped rootfs is looked at by the runtime, and before it is mapped.
void require_reachable(int root, const plan::Rootfs& plan);

/// "mode 0700, owner on the host 1000:1000"; inside a user namespace the ids are translated back to those of the host. An id
/// that the mapping lacks shows as the overflow id (user_namespaces(7)), and is told as that.
std::string mode_and_owner(const struct stat& status, const plan::UserMappings& mappings);

/// The first directory on the way to `path` that the calling process may not search, in words; empty when there is none.
std::optional<std::string> explain_refused_directory(int root, const std::string& path,
                                                     const plan::UserMappings& mappings);

/// What stands behind a refused execve(2).
struct Refusal {
    std::string text;
    bool of_rights = false;  ///< the calling process lacks a right: another mode or owner would help
};

/// After execve(2) was refused with EACCES or ENOENT: the directory on the way that the calling process may not search, the
/// program itself, or its interpreter (#! line or ELF) that is missing or refused. Called by the process in question;
/// `root` is its root directory. Empty when none of this explains it.
std::optional<Refusal> explain_refused_program(int root, const std::string& path, const plan::UserMappings& mappings);

}  // namespace rt::rootfs
