#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rt/os/fd.hpp"

namespace rt::rootfs {

/// Hides and protects paths of the container (config-linux.md "Masked Paths", "Readonly Paths"). What lies in the rootfs is
/// never the source of a mask: a /dev/null of an image may be anything (CVE-2025-31133).
class Masks {
public:
    /// `label`: the SELinux context of the directory that covers others; empty: as the policy has it.
    explicit Masks(std::string label) : label_(std::move(label)) {}

    /// Takes the host's null device, verified by its number, while it can still be reached: before the root is entered.
    /// \throws Error
    void take_null_device();

    /// Files are covered by the null device, directories by one empty read-only tmpfs that all of them share. A path that
    /// is missing is skipped. `root` is the container's root, entered. \throws Error: a dangling symbolic link
    void mask(int root, const std::string& path);
    /// The mount at that path and all below it become read-only. A path that is missing is skipped. \throws Error
    void make_read_only(int root, const std::string& path);

private:
    void cover_directory(int target, const std::string& path);
    void cover_file(int target, const std::string& path);

    std::string label_;
    os::UniqueFd null_device_;
    bool null_attached_ =
        false;  // a detached mount cannot be cloned before Linux 6.15: the first one is attached itself
    os::UniqueFd empty_directory_;
    std::vector<std::uint64_t> read_only_mounts_;  // mount ids of what make_read_only() has attached
};

}  // namespace rt::rootfs
