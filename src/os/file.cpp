#include "rt/os/file.hpp"

#include <dirent.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::os {

namespace {

UniqueFd openat2(int dir, const std::string& path, int flags, mode_t mode, std::uint64_t resolve) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    // The kernel refuses a mode without a flag that makes a file (openat2(2), EINVAL).
    how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
    how.resolve = resolve;
    constexpr int most_tries = 128;
    for (int tries = 0;; ++tries) {
        const long fd = ::syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how);
        if (fd >= 0) return UniqueFd(static_cast<int>(fd));
        if (errno != EAGAIN || tries == most_tries) return {};
    }
}

}  // namespace

UniqueFd try_open_at(int dir, const std::string& path, int flags, mode_t mode) noexcept {
    return UniqueFd(::openat(dir, path.c_str(), flags | O_CLOEXEC, mode));
}

UniqueFd open_at(int dir, const std::string& path, int flags, mode_t mode) {
    UniqueFd fd = try_open_at(dir, path, flags, mode);
    if (!fd) throw_errno("open", path);
    return fd;
}

UniqueFd try_open_in_root(int root, const std::string& path, int flags, mode_t mode) noexcept {
    return openat2(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

UniqueFd open_in_root(int root, const std::string& path, int flags, mode_t mode) {
    UniqueFd fd = try_open_in_root(root, path, flags, mode);
    if (!fd) throw_errno("open in the rootfs", path);
    return fd;
}

UniqueFd try_open_beneath(int dir, const std::string& path, int flags, mode_t mode) noexcept {
    return openat2(dir, path, flags, mode, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

UniqueFd open_beneath(int dir, const std::string& path, int flags, mode_t mode) {
    UniqueFd fd = try_open_beneath(dir, path, flags, mode);
    if (!fd) throw_errno("open", path);
    return fd;
}

struct stat status_of(int fd, const std::string& name) {
    struct stat status{};
    if (::fstat(fd, &status) < 0) throw_errno("get the status of", name);
    return status;
}

std::optional<struct stat> try_status_at(int dir, const std::string& path, int flags) noexcept {
    struct stat status{};
    if (::fstatat(dir, path.c_str(), &status, flags) < 0) return std::nullopt;
    return status;
}

std::string read_all(int fd, const std::string& name, std::size_t limit) {
    std::string data;
    for (std::size_t used = 0;;) {
        data.resize(used + (used < 4096 ? 4096 : used));
        const ssize_t count = ::read(fd, data.data() + used, data.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_errno("read", name);
        used += static_cast<std::size_t>(count);
        if (used > limit) fail("read", name, concat("it is longer than ", limit, " bytes"));
        if (count == 0) {
            data.resize(used);
            return data;
        }
    }
}

std::string read_file(int dir, const std::string& path, std::size_t limit) {
    return read_all(open_at(dir, path, O_RDONLY).get(), path, limit);
}

std::optional<std::string> try_read_file(int dir, const std::string& path) {
    const UniqueFd fd = try_open_at(dir, path, O_RDONLY);
    if (!fd) return std::nullopt;
    try {
        return read_all(fd.get(), path);
    } catch (const Error& error) {
        errno = error.failure().code;
        return std::nullopt;
    }
}

void write_all(int fd, std::string_view data, const std::string& name) {
    while (!data.empty()) {
        const ssize_t count = ::write(fd, data.data(), data.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_errno("write", name);
        data.remove_prefix(static_cast<std::size_t>(count));
    }
}

UniqueFd make_memory_file(const std::string& name, std::string_view data) {
    UniqueFd file(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) throw_errno("make a file in memory for", name);
    write_all(file.get(), data, name);
    constexpr int unchangeable = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    if (::fcntl(file.get(), F_ADD_SEALS, unchangeable) < 0 || ::lseek(file.get(), 0, SEEK_SET) < 0) {
        throw_errno("make a file in memory for", name);
    }
    return file;
}

int try_write_file(int dir, const std::string& path, std::string_view data) noexcept {
    const UniqueFd fd = try_open_at(dir, path, O_WRONLY);
    if (!fd) return errno;
    return ::write(fd.get(), data.data(), data.size()) < 0 ? errno : 0;
}

void write_file(int dir, const std::string& path, std::string_view data) {
    const int code = try_write_file(dir, path, data);
    if (code != 0) throw_errno("write", path, code);
}

void replace_file(int dir, const std::string& name, std::string_view data, mode_t mode) {
    const std::string temporary = concat(".", name, ".", ::getpid());
    try {
        const UniqueFd fd = open_at(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        write_all(fd.get(), data, name);
        if (::fchmod(fd.get(), mode) < 0) throw_errno("set the mode of", name);
        if (::renameat(dir, temporary.c_str(), dir, name.c_str()) < 0) throw_errno("replace", name);
    } catch (...) {
        ::unlinkat(dir, temporary.c_str(), 0);
        throw;
    }
}

std::optional<std::string> try_read_link(int dir, const std::string& path) {
    std::string target(256, '\0');
    for (;;) {
        const ssize_t length = ::readlinkat(dir, path.c_str(), target.data(), target.size());
        if (length < 0) return std::nullopt;
        if (static_cast<std::size_t>(length) < target.size()) {
            target.resize(static_cast<std::size_t>(length));
            return target;
        }
        target.resize(target.size() * 2);
    }
}

std::vector<std::string> names_in(int dir, const std::string& name) {
    // A descriptor of its own: reading a directory moves the file position, which duplicates share.
    UniqueFd fd = try_open_at(dir, ".", O_RDONLY | O_DIRECTORY);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(fd ? ::fdopendir(fd.get()) : nullptr, ::closedir);
    if (!stream) throw_errno("list", name);
    fd.release();
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string_view found = entry->d_name;
        if (found != "." && found != "..") names.emplace_back(found);
    }
    if (errno != 0) throw_errno("list", name);
    return names;
}

int remove_tree(int dir, const std::string& name) noexcept {
    if (::unlinkat(dir, name.c_str(), 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) return errno;
    try {
        constexpr std::uint64_t stay = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
        const UniqueFd fd = openat2(dir, name, O_RDONLY | O_DIRECTORY, 0, stay);
        if (!fd) return errno;
        for (const std::string& entry : names_in(fd.get(), name)) {
            const int code = remove_tree(fd.get(), entry);
            if (code != 0) return code;
        }
    } catch (const Error& error) {
        return error.failure().code;
    } catch (...) {
        return ENOMEM;
    }
    return ::unlinkat(dir, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

std::string descriptor_path(int fd) { return concat("/proc/self/fd/", fd); }

}  // namespace rt::os
