#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "rt/os/fd.hpp"

namespace rt::os {

/// Attributes for mount_setattr(2): MOUNT_ATTR_* to set and to clear, and MS_PRIVATE, MS_SLAVE, MS_SHARED or
/// MS_UNBINDABLE as propagation (0: unchanged).
struct MountAttributes {
    std::uint64_t set = 0;
    std::uint64_t clear = 0;
    std::uint64_t propagation = 0;
    int user_namespace = -1;  ///< with MOUNT_ATTR_IDMAP in `set`: the descriptor of the user namespace

    bool empty() const noexcept { return set == 0 && clear == 0 && propagation == 0; }
};

/// A detached copy of the mount at `path` (open_tree(2) with OPEN_TREE_CLONE); `recursive` takes the mounts below it too.
/// With an empty path it is the file that `dir` itself refers to.
UniqueFd try_clone_tree(int dir, const std::string& path, bool recursive) noexcept;
/// \throws Error naming `name`
UniqueFd clone_tree(int dir, const std::string& path, bool recursive, const std::string& name);

/// mount_setattr(2) on the mount that `mount` refers to; 0 or errno.
int try_set_mount_attributes(int mount, const MountAttributes& attributes, bool recursive) noexcept;
/// \throws Error naming `name`
void set_mount_attributes(int mount, const MountAttributes& attributes, bool recursive, const std::string& name);

/// Attaches a detached mount on the file that `target` refers to (move_mount(2), both by descriptor); 0 or errno.
int try_attach_mount(int mount, int target) noexcept;
/// \throws Error naming `name`
void attach_mount(int mount, int target, const std::string& name);

/// A file system while it is configured by the new mount API (fsopen(2), fspick(2), fsconfig(2)).
class FilesystemContext {
public:
    /// Sets `key=value`, or the flag `key` when there is no value. \throws Error with the kernel's own words
    void set(const std::string& key, const std::string& value);
    void set_flag(const std::string& key);

protected:
    FilesystemContext(std::string name, UniqueFd fd) : name_(std::move(name)), fd_(std::move(fd)) {}
    /// FSCONFIG_CMD_*. \throws Error with the kernel's own words
    void command(unsigned number, const char* doing);
    [[noreturn]] void throw_with_kernel_log(const std::string& doing, int code) const;

    const UniqueFd& fd() const noexcept { return fd_; }

private:
    std::string name_;  ///< for messages
    UniqueFd fd_;
};

/// A file system that does not exist yet.
class NewFilesystem : public FilesystemContext {
public:
    /// \throws Error: the kernel does not know the type
    explicit NewFilesystem(const std::string& type);
    /// Makes the superblock and a detached mount of it with MOUNT_ATTR_* `attributes`.
    /// \throws Error with the kernel's own words
    UniqueFd mount(std::uint64_t attributes);
};

/// The file system of a mount, to be configured anew; `mount` refers to the root of the mount.
class MountedFilesystem : public FilesystemContext {
public:
    /// \throws Error (fspick(2)) naming `name`
    MountedFilesystem(int mount, const std::string& name);
    /// Puts into force what was set. \throws Error with the kernel's own words
    void reconfigure();
};

/// Changes the propagation of the mount at `path`: MS_PRIVATE, MS_SLAVE ... | MS_REC (mount(2)). \throws Error
void set_propagation(const std::string& path, unsigned long flags);

/// pivot_root(2) of the working directory onto itself, then the old root is detached: afterwards "." is "/" and
/// nothing of the old root remains (pivot_root(2), "pivot_root(".", ".")"). \throws Error
void pivot_to_working_directory();

/// chroot(2) into the working directory, which is "/" afterwards. \throws Error
void change_root_to_working_directory();

/// Detaches the mount whose root directory is the working directory (umount2(2), MNT_DETACH); 0 or errno.
int try_detach_working_directory() noexcept;

/// Detaches what is mounted on `path` with all below it; a symbolic link is not followed (umount2(2), MNT_DETACH); 0 or errno.
int try_detach(const std::string& path) noexcept;

/// Detaches the mount to whose root `mount` refers, with all below it, by its link in the proc file system `procfs`, which is
/// the working directory afterwards (umount2(2) knows no descriptors); 0 or errno.
int try_detach_mount(int procfs, int mount) noexcept;

/// Whether the file is the root of a mount (statx(2), STATX_ATTR_MOUNT_ROOT).
bool is_mount_root(int fd) noexcept;

/// The kernel's number of the mount on which the file is (statx(2), STATX_MNT_ID); empty with errno set.
std::optional<std::uint64_t> try_mount_id(int fd) noexcept;

}  // namespace rt::os
