#include "rt/rootfs/exposure.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/rootfs/trees.hpp"

namespace rt::rootfs {

namespace {

std::string describe(const std::string& what) {
    return concat(what,
                  " is id-mapped, and every user of this machine can walk to it: a set-uid program that root of the "
                  "container leaves there would give them the rights of the host's root; close a directory above "
                  "it (chmod o-x), or mount its file system with nosuid");
}

// Whether somebody in the container is, for the files there, root of the host.
bool is_written_by_root(const plan::MountIdMapping& mapping, const plan::UserMappings& container) {
    const std::optional<std::uint32_t> shown = mapping.uids.to_host(0);
    return shown && (!container.mapped || container.uids.to_container(*shown));
}

}  // namespace

bool is_exposed(const os::UniqueFd& directory) {
    struct statvfs filesystem{};
    if (::fstatvfs(directory.get(), &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0) return false;
    struct stat below{};
    if (::fstat(directory.get(), &below) < 0) return false;
    os::UniqueFd above = os::try_open_at(directory.get(), "..", O_PATH | O_DIRECTORY);
    while (above) {
        struct stat status{};
        if (::fstat(above.get(), &status) < 0) return false;
        if (status.st_dev == below.st_dev && status.st_ino == below.st_ino) return true;
        if ((status.st_mode & S_IXOTH) == 0) return false;
        below = status;
        above = os::try_open_at(above.get(), "..", O_PATH | O_DIRECTORY);
    }
    return false;
}

std::string describe_exposure(const plan::Rootfs& rootfs) {
    if (!rootfs.id_mapping || rootfs.readonly || !rootfs.by_runtime || !is_exposed(open_rootfs_directory(rootfs)))
        return {};
    return describe(concat("the rootfs '", rootfs.path, "'"));
}

std::string describe_exposure(const plan::Mount& mount, const plan::UserMappings& container) {
    const std::uint64_t set = mount.attributes.set | mount.recursive_attributes.set;
    if (mount.kind != plan::MountKind::bind || !mount.id_mapping || (set & MOUNT_ATTR_RDONLY) != 0) return {};
    if (!is_written_by_root(*mount.id_mapping, container)) return {};
    const os::UniqueFd source = os::try_open_at(AT_FDCWD, mount.source, O_PATH);
    if (!source || !is_exposed(source)) return {};
    return describe(concat("the source '", mount.source, "' of ", mount.label));
}

}  // namespace rt::rootfs
