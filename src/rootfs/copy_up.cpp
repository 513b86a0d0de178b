#include "rt/rootfs/copy_up.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::rootfs {

namespace {

constexpr mode_t set_id_bits = S_ISUID | S_ISGID;

// A list of names as listxattr(2) gives it.
std::vector<std::string> attribute_names(int fd) {
    std::string names(4096, '\0');
    const ssize_t length = ::flistxattr(fd, names.data(), names.size());
    return split(std::string_view(names).substr(0, length < 0 ? 0 : static_cast<std::size_t>(length)), '\0');
}

// What the tmpfs has no room for, or the user namespace no right to, is left out: as cp(1) does.
void copy_attributes(int from, int to) {
    for (const std::string& name : attribute_names(from)) {
        // The label of a file is a matter of the mount (mountLabel), not of the image.
        if (name.empty() || name == "security.selinux") continue;
        std::string value(65536, '\0');  // XATTR_SIZE_MAX
        const ssize_t length = ::fgetxattr(from, name.c_str(), value.data(), value.size());
        if (length >= 0) ::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(length), 0);
    }
}

// The walk knows directories by their path from the top, so that it needs few open files however deep they lie.
class CopyUp {
public:
    CopyUp(int from, int to, const std::string& name) : from_(from), to_(to), name_(name) {}

    void run() {
        const std::optional<std::uint64_t> mount = os::try_mount_id(from_);
        directories_.emplace_back();
        for (std::size_t i = 0; i < directories_.size(); ++i) {
            const std::string path = directories_[i];  // a copy: the list grows, and moves
            const os::UniqueFd source = open_directory(from_, path);
            if (os::try_mount_id(source.get()) == mount) copy_content(source.get(), path);
        }
        std::for_each(directories_.rbegin(), directories_.rend(), [&](const std::string& path) { finish(path); });
    }

private:
    std::string name_of(const std::string& path) const { return concat(name_, path.empty() ? "" : "/", path); }

    [[noreturn]] void refuse(const std::string& path, int code) const {
        throw_errno("copy up", name_of(path), code, code == EACCES ? "root of the container may not read it" : "",
                    code == ENOSPC ? "the tmpfs is smaller than what it covers: raise its size= or nr_inodes="
                                   : "leave out the option tmpcopyup");
    }

    os::UniqueFd open_directory(int top, const std::string& path) const {
        constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
        os::UniqueFd fd = path.empty() ? os::try_open_at(top, ".", flags) : os::try_open_beneath(top, path, flags);
        if (!fd) refuse(path, errno);
        return fd;
    }

    void copy_content(int source, const std::string& path) {
        const os::UniqueFd target = open_directory(to_, path);
        for (const std::string& name : os::names_in(source, name_of(path))) {
            const std::string below = path.empty() ? name : concat(path, "/", name);
            const std::optional<struct stat> status = os::try_status_at(source, name, AT_SYMLINK_NOFOLLOW);
            if (status) copy_entry(source, target.get(), name, below, *status);
        }
    }

    void copy_entry(int source, int target, const std::string& name, const std::string& path,
                    const struct stat& status) {
        if (S_ISDIR(status.st_mode)) {
            directories_.push_back(path);
            if (::mkdirat(target, name.c_str(), 0700) == 0)
                give_owner_and_mode(target, name, path, status);
            else if (errno != EEXIST)
                refuse(path, errno);
        } else if (S_ISREG(status.st_mode)) {
            copy_file(source, target, name, path, status);
        } else if (make_special(source, target, name, path, status)) {
            give_owner_and_mode(target, name, path, status);
            give_times(target, name, status);
        }
    }

    bool make_special(int source, int target, const std::string& name, const std::string& path,
                      const struct stat& status) const {
        if (S_ISLNK(status.st_mode)) {
            const std::optional<std::string> link = os::try_read_link(source, name);
            if (!link) refuse(path, errno);
            if (::symlinkat(link->c_str(), target, name.c_str()) == 0) return true;
        } else {
            if (::mknodat(target, name.c_str(), status.st_mode & (S_IFMT | 0777U), status.st_rdev) == 0) return true;
            if (errno == EPERM) return false;  // mknod(2): a device, without the right to make one
        }
        if (errno != EEXIST) refuse(path, errno);
        return false;
    }

    void copy_file(int source, int target, const std::string& name, const std::string& path,
                   const struct stat& status) {
        if (status.st_nlink > 1) {
            const auto [first, is_new] = linked_.try_emplace({status.st_dev, status.st_ino}, path);
            if (!is_new && ::linkat(to_, first->second.c_str(), target, name.c_str(), 0) == 0) return;
        }
        const os::UniqueFd in = os::try_open_at(source, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!in) refuse(path, errno);
        const os::UniqueFd out = os::try_open_at(target, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
        if (!out && errno == EEXIST) return;
        if (!out) refuse(path, errno);
        copy_data(in.get(), out.get(), path);
        give_owner_and_mode(target, name, path, status);
        copy_attributes(in.get(), out.get());
        give_times(target, name, status);
    }

    // Holes stay holes: in a tmpfs zeros take memory.
    void copy_data(int in, int out, const std::string& path) const {
        const off_t size = os::status_of(in, name_of(path)).st_size;
        for (off_t end = 0; end < size;) {
            off_t data = ::lseek(in, end, SEEK_DATA);
            if (data < 0) break;  // ENXIO: nothing but a hole up to the end
            end = std::max(::lseek(in, data, SEEK_HOLE), data);
            if (::lseek(out, data, SEEK_SET) < 0) refuse(path, errno);
            while (data < end) {
                const ssize_t sent = ::sendfile(out, in, &data, static_cast<std::size_t>(end - data));
                if (sent < 0 && errno != EINTR) refuse(path, errno);
                if (sent == 0) return;  // it has become shorter meanwhile
            }
        }
        if (::ftruncate(out, size) < 0) refuse(path, errno);
    }

    void give_owner_and_mode(int target, const std::string& name, const std::string& path,
                             const struct stat& status) const {
        mode_t mode = status.st_mode & 07777U;
        if (::fchownat(target, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) < 0) {
            // The rights of one owner are not those of another. A set-gid directory has given its group already.
            mode &= ~set_id_bits;
            if (::fchownat(target, name.c_str(), ::geteuid(), ::getegid(), AT_SYMLINK_NOFOLLOW) < 0)
                refuse(path, errno);
        }
        if (S_ISLNK(status.st_mode)) return;
        if (::fchmodat(target, name.c_str(), mode, 0) < 0) refuse(path, errno);
    }

    static void give_times(int target, const std::string& name, const struct stat& status) {
        const timespec times[]{status.st_atim, status.st_mtim};
        ::utimensat(target, name.c_str(), times, AT_SYMLINK_NOFOLLOW);
    }

    // After the content: it changes the times, and takes the default access list of its directory.
    void finish(const std::string& path) const {
        const os::UniqueFd source = open_directory(from_, path);
        const os::UniqueFd target = open_directory(to_, path);
        copy_attributes(source.get(), target.get());
        give_times(target.get(), ".", os::status_of(source.get(), name_of(path)));
    }

    int from_;
    int to_;
    const std::string& name_;
    std::vector<std::string> directories_;
    std::map<std::pair<dev_t, ino_t>, std::string> linked_;  // the first name of each file that has several
};

bool says_owner(const plan::Mount& mount) {
    return std::ranges::any_of(
        mount.data, [](const plan::FilesystemOption& option) { return option.key == "uid" || option.key == "gid"; });
}

}  // namespace

void copy_up(int from, int to, const plan::Mount& mount) {
    if (!says_owner(mount)) {
        const struct stat status = os::status_of(from, mount.destination);
        // EINVAL: an owner that the user namespace does not have. Then it belongs to root, like every tmpfs.
        if (::fchownat(to, "", status.st_uid, status.st_gid, AT_EMPTY_PATH) < 0 && errno != EINVAL) {
            throw_errno("change the owner of the tmpfs on", mount.destination);
        }
    }
    CopyUp(from, to, mount.destination).run();
}

}  // namespace rt::rootfs
