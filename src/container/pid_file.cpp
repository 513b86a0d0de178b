#include "rt/container/pid_file.hpp"

#include <fcntl.h>

#include <filesystem>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"

namespace rt::container {

void write_pid_file(const std::string& path, pid_t pid) {
    if (path.empty()) return;
    const std::filesystem::path file(path);
    const std::string directory = file.has_parent_path() ? file.parent_path().string() : ".";
    const os::UniqueFd dir = os::try_open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
    if (!dir) throw_errno("write the pid file", path);
    os::replace_file(dir.get(), file.filename().string(), std::to_string(pid), 0644);
}

}  // namespace rt::container
