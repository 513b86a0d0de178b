#include "rt/rootfs/console.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/os/file.hpp"
#include "rt/os/mount.hpp"

namespace rt::rootfs {

namespace {

constexpr const char* ptmx_path = "/dev/pts/ptmx";
constexpr const char* console_path = "/dev/console";

// A pty of anything but a devpts would be a file that the image chose (CVE-2025-52565).
os::UniqueFd open_master(int root) {
    os::UniqueFd master = os::try_open_in_root(root, ptmx_path, O_RDWR | O_NOCTTY | O_NOFOLLOW);
    if (!master) {
        const int code = errno;
        throw_errno("open", ptmx_path, code, "",
                    code == ENOENT ? "a terminal (/process/terminal) needs a mount of type devpts on /dev/pts" : "");
    }
    struct statfs filesystem{};
    const struct stat status = os::status_of(master.get(), ptmx_path);
    const bool right = ::fstatfs(master.get(), &filesystem) == 0 && filesystem.f_type == DEVPTS_SUPER_MAGIC &&
                       S_ISCHR(status.st_mode) && status.st_rdev == ::makedev(5, 2);
    if (!right) fail("use as a terminal", ptmx_path, "it is not the ptmx of a devpts");
    return master;
}

os::UniqueFd open_slave(int master) {
    int unlocked = 0;
    if (::ioctl(master, TIOCSPTLCK, &unlocked) < 0) throw_errno("unlock", "the pseudo terminal");
    // The peer itself: a name in /dev/pts could be another file by now (ioctl_tty(2)).
    os::UniqueFd slave(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!slave) throw_errno("open", "the pseudo terminal");
    return slave;
}

// Before the process can write: "\n" must not become "\r\n" on its way to a log or a pipe.
void leave_line_ends_alone(int slave) {
    termios settings{};
    if (::tcgetattr(slave, &settings) < 0) throw_errno("get the settings of", "the pseudo terminal");
    settings.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
    if (::tcsetattr(slave, TCSANOW, &settings) < 0) throw_errno("change the settings of", "the pseudo terminal");
}

os::UniqueFd open_or_make_console_file(int root) {
    const os::UniqueFd dev = os::open_in_root(root, "/dev", O_PATH | O_DIRECTORY);
    os::UniqueFd file = os::try_open_at(dev.get(), "console", O_PATH | O_NOFOLLOW);
    if (!file && errno == ENOENT) {
        if (!os::try_open_at(dev.get(), "console", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)) {
            throw_errno("make", console_path);
        }
        file = os::try_open_at(dev.get(), "console", O_PATH | O_NOFOLLOW);
    }
    if (!file) throw_errno("open", console_path);
    const mode_t mode = os::status_of(file.get(), console_path).st_mode;
    if (S_ISLNK(mode) || S_ISDIR(mode)) {
        fail("bind the terminal on", console_path, "it must be a file, and is a symbolic link or a directory",
             "remove /dev/console from the rootfs, or mount a tmpfs on /dev");
    }
    return file;
}

}  // namespace

Console open_console(int root, const plan::Process& process) {
    Console console;
    console.master = open_master(root);
    console.slave = open_slave(console.master.get());
    leave_line_ends_alone(console.slave.get());
    if (process.console_size) {
        const spec::ConsoleSize& size = *process.console_size;
        const winsize window{.ws_row = size.height, .ws_col = size.width, .ws_xpixel = 0, .ws_ypixel = 0};
        if (::ioctl(console.master.get(), TIOCSWINSZ, &window) < 0)
            throw_errno("set the size of", "the pseudo terminal");
    }
    // The group stays what gid= of the devpts says (5, by custom). In a devpts of the host, bound into a user namespace, the
    // owner cannot be changed: the terminal works without.
    if (::fchown(console.slave.get(), process.credentials.uid, static_cast<gid_t>(-1)) < 0 && errno != EPERM &&
        errno != EINVAL) {
        throw_errno("change the owner of", "the pseudo terminal");
    }
    return console;
}

void bind_console(int root, int slave) {
    const os::UniqueFd file = open_or_make_console_file(root);
    const os::UniqueFd mount = os::clone_tree(slave, "", false, "the pseudo terminal");
    os::set_mount_attributes(mount.get(), {.propagation = MS_PRIVATE}, false, "the pseudo terminal");
    os::attach_mount(mount.get(), file.get(), console_path);
}

}  // namespace rt::rootfs
