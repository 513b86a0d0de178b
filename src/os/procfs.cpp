#include "rt/os/procfs.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::os {

namespace {

UniqueFd open_below(const UniqueFd& root, const std::string& path, int flags, std::uint64_t resolve) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
    return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
}

// A procfs of the own pid namespace, mounted nowhere.
UniqueFd try_make_private() noexcept {
    try {
        return NewFilesystem("proc").mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    } catch (...) {
        return {};
    }
}

// What a container's runtime mounts over parts of /proc to make them read-only is that procfs once more. To whom it is not,
// the mounts of the caller's own mount namespace could lie about a file that is read, but nothing is written anywhere.
UniqueFd try_open_in_same_procfs(const UniqueFd& root, const std::string& path, int flags) noexcept {
    if ((flags & (O_ACCMODE | O_PATH)) != O_RDONLY) return {};
    UniqueFd file = open_below(root, path, flags, 0);
    struct stat of_file{};
    struct stat of_root{};
    const bool same = file && ::fstat(file.get(), &of_file) == 0 && ::fstat(root.get(), &of_root) == 0 &&
                      of_file.st_dev == of_root.st_dev;
    return same ? std::move(file) : UniqueFd();
}

bool shows_own_pid_namespace(const UniqueFd& root) {
    return try_read_link(root.get(), "self") == std::to_string(::getpid());
}

}  // namespace

Procfs Procfs::open() {
    Procfs procfs = open_for_self();
    if (shows_own_pid_namespace(procfs.root_)) return procfs;
    UniqueFd own = try_make_private();
    if (!own) {
        fail("use", "/proc", "it shows the processes of another pid namespace than that of rt",
             "mount -t proc proc /proc");
    }
    return Procfs(std::move(own));
}

Procfs Procfs::open_for_self() {
    UniqueFd root = open_at(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
    struct statfs filesystem{};
    if (::fstatfs(root.get(), &filesystem) < 0) throw_errno("get the file system of", "/proc");
    constexpr ino_t procfs_root_inode = 1;
    if (filesystem.f_type != PROC_SUPER_MAGIC || status_of(root.get(), "/proc").st_ino != procfs_root_inode) {
        fail("use", "/proc", "it is not the root of a procfs", "mount -t proc proc /proc");
    }
    return Procfs(std::move(root));
}

UniqueFd Procfs::try_open(const std::string& path, int flags) const noexcept {
    UniqueFd file = open_below(root_, path, flags, RESOLVE_NO_XDEV);
    if (file || errno != EXDEV) return file;
    if (const UniqueFd own = try_make_private()) return open_below(own, path, flags, RESOLVE_NO_XDEV);
    file = try_open_in_same_procfs(root_, path, flags);
    if (!file) errno = EXDEV;
    return file;
}

std::optional<std::string> Procfs::try_read(const std::string& path) const {
    const UniqueFd fd = try_open(path, O_RDONLY);
    if (!fd) return std::nullopt;
    try {
        return read_all(fd.get(), path);
    } catch (const Error& error) {
        errno = error.failure().code;  // a process that ended while it was read: ESRCH
        return std::nullopt;
    }
}

std::string Procfs::read(const std::string& path) const {
    std::optional<std::string> text = try_read(path);
    if (!text) {
        const int code = errno;
        throw_errno("read", "/proc/" + path, code, code == EXDEV ? "something is mounted over it" : "");
    }
    return *std::move(text);
}

int Procfs::try_write(const std::string& path, std::string_view data) const noexcept {
    const UniqueFd fd = try_open(path, O_WRONLY);
    if (!fd) return errno;
    return ::write(fd.get(), data.data(), data.size()) < 0 ? errno : 0;
}

std::optional<ProcessStatus> parse_process_status(std::string_view text) noexcept {
    // The second field is the command in parentheses, and may itself hold blanks and parentheses.
    const std::size_t command_end = text.rfind(')');
    if (command_end == std::string_view::npos || command_end + 2 >= text.size()) return std::nullopt;
    std::string_view rest = text.substr(command_end + 2);
    ProcessStatus status;
    status.state = rest[0];
    constexpr int first_field = 3;
    constexpr int parent_field = 4;
    constexpr int start_time_field = 22;
    for (int field = first_field; field <= start_time_field; ++field) {
        const std::size_t end = rest.find(' ');
        const std::string_view word = rest.substr(0, end);
        if (field == parent_field) status.parent = parse_number<pid_t>(word).value_or(0);
        if (field == start_time_field) {
            const auto number = parse_number<std::uint64_t>(word);
            if (!number) return std::nullopt;
            status.start_time = *number;
            return status;
        }
        if (end == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(end + 1);
    }
    return std::nullopt;
}

std::optional<ProcessStatus> try_process_status(const Procfs& procfs, pid_t pid) {
    const std::optional<std::string> text = procfs.try_read(concat(pid, "/stat"));
    return text ? parse_process_status(*text) : std::nullopt;
}

const std::string& boot_id(const Procfs& procfs) {
    static const std::string id(trim(procfs.read("sys/kernel/random/boot_id")));
    return id;
}

}  // namespace rt::os
