#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rt/os/fd.hpp"
#include "rt/plan/file_access.hpp"
#include "rt/plan/rootfs.hpp"

namespace rt::analysis {

/// A file as the processes of a container would find it.
struct InsideFile {
    os::UniqueFd fd;      ///< O_PATH; empty in a file system that does not exist yet
    std::string inside;   ///< its path in the container, without symbolic links
    std::string on_host;  ///< where the host has it; empty where it has it nowhere
    struct stat on_disk{};
    const plan::MountIdMapping* id_mapping = nullptr;  ///< of its mount; nullptr: none
    struct stat status{};                              ///< as that shows it, ids as the host counts
    const plan::Mount* mount = nullptr;                ///< the entry of the plan that it is in; nullptr: the rootfs
    std::vector<plan::AccessEntry> access_list;
    bool read_only = false;         ///< its mount is
    bool read_only_at_end = false;  ///< its mount will be, once all mount points and devices are made
    bool no_exec = false;
    bool of_kernel = false;  ///< in a proc or sysfs, where nobody makes files
    bool masked = false;     ///< it covers what /linux/maskedPaths hides
};

/// The access list of an open file (acl(5)), by the ids of its disk; empty when it has none.
std::vector<plan::AccessEntry> access_list_of(int fd);

/// What a walk along a path comes to.
enum class Outcome : std::uint8_t {
    found,
    missing,          ///< `file` is the directory that lacks it, `rest` what was looked for there
    refused,          ///< `file` is the directory that the user may not search
    not_a_directory,  ///< `file` is in the middle of the path and is no directory
    too_many_links,   ///< more than the kernel follows (path_resolution(7))
    unknown  ///< it leads into what only exists when the container does (proc, a device), or the caller may not look
};

struct Visit {
    Outcome outcome{};
    InsideFile file;
    std::string rest;  ///< relative path, at least one name
};

/// The files of a container that does not run: its rootfs, and on it the mounts of the plan, one after the other. Nothing is
/// mounted: paths are walked name by name, no symbolic link leads out of the rootfs.
class Inside {
public:
    /// \param root its directory, O_PATH; \param plan outlives it
    Inside(os::UniqueFd root, const plan::Rootfs& plan);

    /// \param user whose rights count on the way; nullptr: nobody's
    Visit visit(const std::string& path, const plan::FileUser* user, bool follow_last = true) const;

    /// The mount is there from now on, or changed. `place` is the visit of its destination.
    void add(std::size_t index, const Visit& place);

    /// The first mounts of the plan are there from now on.
    void add_first(std::size_t count);

    /// What is there is hidden from now on, as /linux/maskedPaths has it.
    void mask(const std::string& path);

    const plan::Rootfs& plan() const noexcept { return plan_; }

    /// Whether a mount was added there. \param place without symbolic links
    bool has_mount_at(const std::string& place) const { return layer_at(place) != nullptr; }

private:
    friend class InsideWalk;

    struct Layer {
        std::string place;  // without symbolic links
        InsideFile top;
        bool known;                               // false: what is in it nobody can tell
        std::vector<const plan::Mount*> changes;  // the mount, and the remounts after it; none: a mask
    };
    const Layer* layer_at(const std::string& place) const;
    Layer& put_layer(const std::string& place);
    void change(const plan::Mount& remount, const std::string& place);

    os::UniqueFd root_;
    const plan::Rootfs& plan_;
    std::vector<Layer> layers_;
};

/// The source of a bind mount that is taken from below the rootfs, as init finds it at its turn. \throws Error: the rootfs cannot
/// be opened
Visit visit_source(const plan::Rootfs& plan, std::size_t index);

}  // namespace rt::analysis
