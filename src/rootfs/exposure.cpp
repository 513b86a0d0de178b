#include "rt/rootfs/exposure.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "rt/os/file.hpp"

namespace rt::rootfs {

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

}  // namespace rt::rootfs
