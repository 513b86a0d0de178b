#include "rt/state/root.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/umask.hpp"

namespace rt::state {

namespace {

void make_directories(const std::string& path) {
    // 0755 whatever the umask is: ps and list are for everyone.
    const os::UmaskScope umask(022);
    for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
        ::mkdir(path.substr(0, end).c_str(), 0755);  // what is missing in the end shows at the last one
    }
    if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) {
        const bool refused = errno == EACCES || errno == EROFS;
        throw_errno("make the state directory", path, errno, "",
                    refused ? "run rt as root, or choose a directory of your own with --root" : "");
    }
}

}  // namespace

os::UniqueFd make_root(const std::string& root) {
    make_directories(root);
    os::UniqueFd fd = try_open_directory(AT_FDCWD, root);
    if (!fd) throw_errno("open the state directory", root);
    require_own(fd.get(), root);
    return fd;
}

os::UniqueFd try_open_directory(int dir, const std::string& path) noexcept {
    return os::try_open_at(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

// A state directory that somebody else can write is a way to make rt signal or remove what is not its own.
void require_own(int dir, const std::string& path) {
    const struct stat status = os::status_of(dir, path);
    if (status.st_uid != ::geteuid()) {
        fail("use the state directory", path,
             concat("it belongs to uid ", status.st_uid, ", and rt runs as uid ", ::geteuid()),
             "choose another one with --root, or run rt as its owner");
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        fail("use the state directory", path, "others than its owner may write it", concat("chmod go-w ", path));
    }
}

}  // namespace rt::state
