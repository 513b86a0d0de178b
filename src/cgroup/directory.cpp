#include "rt/cgroup/directory.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/os/file.hpp"
#include "rt/os/procfs.hpp"

namespace rt::cgroup {

namespace {

constexpr int open_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

void require_plain_path(const std::string& path) {
    const std::vector<std::string> parts = split(path, '/');
    const bool plain = path.starts_with('/') && path.size() > 1 &&
                       std::none_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
                           return part.empty() || part == "." || part == "..";
                       });
    if (!plain) fail("use the cgroup", printable(path), "it is not a plain absolute path");
}

// A record that names the root of a hierarchy would make kill end every process of the machine.
void require_below_root(const Directory& directory) {
    const struct stat own = os::status_of(directory.fd.get(), directory.path);
    const std::optional<struct stat> parent = os::try_status_at(directory.fd.get(), "..");
    if (!parent) throw_errno("get the status of the directory above", directory.path);
    if (parent->st_dev != own.st_dev) {
        fail("use the cgroup", directory.path, "it is the root of a cgroup hierarchy");
    }
}

bool is_gone(int code) { return code == ENOENT || code == ENODEV; }

std::vector<std::string> names_in(const Directory& directory) {
    try {
        return os::names_in(directory.fd.get(), directory.path);
    } catch (const Error& error) {
        if (is_gone(error.failure().code)) return {};  // removed meanwhile: nothing is in it
        throw;
    }
}

// In a threaded cgroup (cgroups(7)) the kernel lists threads only.
void insert_processes_of_threads(const Directory& directory, std::set<pid_t>& pids) {
    const std::optional<std::string> threads = os::try_read_file(directory.fd.get(), "cgroup.threads");
    if (!threads) return;
    const os::Procfs procfs = os::Procfs::open();
    for (const std::string& line : split(*threads, '\n')) {
        constexpr std::string_view key = "\nTgid:";
        const std::optional<std::string> status = procfs.try_read(concat(line, "/status"));
        const std::size_t start = status ? status->find(key) : std::string::npos;
        if (start == std::string::npos) continue;
        const std::string_view rest = std::string_view(*status).substr(start + key.size());
        if (const auto pid = parse_number<pid_t>(trim(rest.substr(0, rest.find('\n'))))) pids.insert(*pid);
    }
}

void insert_processes(const Directory& directory, std::set<pid_t>& pids) {
    const std::optional<std::string> text = os::try_read_file(directory.fd.get(), "cgroup.procs");
    if (!text && errno == EOPNOTSUPP) {
        insert_processes_of_threads(directory, pids);
    } else if (!text && !is_gone(errno)) {
        throw_errno("list the processes of the cgroup", directory.path);
    } else if (text) {
        for (const std::string& line : split(*text, '\n')) {
            const auto pid = parse_number<pid_t>(line);
            if (pid && *pid > 0) pids.insert(*pid);  // 0: a process outside of our pid namespace
        }
    }
    for (const Directory& child : children_of(directory)) insert_processes(child, pids);
}

bool has_line(const std::optional<std::string>& text, std::string_view line) {
    const std::vector<std::string> lines = text ? split(*text, '\n') : std::vector<std::string>{};
    return std::ranges::find(lines, line) != lines.end();
}

// cgroups(7), kernel documentation of cgroup v2 ("No Internal Process Constraint", "Threads") and of cpuset.
std::string hint_for_joining(const Directory& directory, int code) {
    switch (code) {
        case EBUSY: return "cgroup.subtree_control of it is not empty: such a cgroup holds no process itself";
        case EOPNOTSUPP: return "cgroup.type of it, or of the one above, is threaded: it holds threads only";
        case ENOSPC: return "cpuset.cpus or cpuset.mems of it is empty";
        case EINVAL: {
            const bool real_time = os::try_status_at(directory.fd.get(), "cpu.rt_runtime_us").has_value();
            return real_time ? "it has no time for realtime processes: see cpu.rt_runtime_us" : "";
        }
        case EACCES:
        case EPERM:
            return "moving a process needs write permission on cgroup.procs of the cgroup above both, too: start rt in "
                   "a cgroup that is delegated to you (systemd-run --user --scope -p Delegate=yes rt ...), or as root";
        default: return {};
    }
}

}  // namespace

std::optional<Directory> try_open_directory(const std::string& path) {
    require_plain_path(path);
    const os::UniqueFd root = os::open_at(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
    Directory directory{.path = path, .fd = os::try_open_beneath(root.get(), path.substr(1), open_flags)};
    if (!directory.fd && is_gone(errno)) return std::nullopt;
    if (!directory.fd) throw_errno("open the cgroup", path);
    struct statfs filesystem{};
    if (::fstatfs(directory.fd.get(), &filesystem) < 0) throw_errno("get the file system of", path);
    directory.unified = filesystem.f_type == CGROUP2_SUPER_MAGIC;
    if (!directory.unified && filesystem.f_type != CGROUP_SUPER_MAGIC) {
        fail("use the cgroup", path, "it is not in a cgroup file system");
    }
    require_below_root(directory);
    return directory;
}

std::vector<Directory> open_existing(const std::vector<std::string>& paths) {
    std::vector<Directory> directories;
    for (const std::string& path : paths) {
        if (std::optional<Directory> directory = try_open_directory(path)) directories.push_back(*std::move(directory));
    }
    std::ranges::stable_partition(directories, &Directory::unified);
    return directories;
}

std::vector<Directory> children_of(const Directory& directory) {
    std::vector<Directory> children;
    // "." and ".." are counted as links, and each directory in it is one more: the usual cgroup has none.
    constexpr nlink_t links_without_children = 2;
    if (os::status_of(directory.fd.get(), directory.path).st_nlink == links_without_children) return children;
    for (const std::string& name : names_in(directory)) {
        os::UniqueFd fd = os::try_open_at(directory.fd.get(), name, open_flags);
        if (fd) children.push_back({concat(directory.path, "/", name), std::move(fd), directory.unified});
    }
    return children;
}

std::set<pid_t> processes_in(const Directory& directory) {
    std::set<pid_t> pids;
    insert_processes(directory, pids);
    return pids;
}

std::string why_unusable(const Directory& directory) {
    if (directory.unified) {
        const std::optional<std::string> events = os::try_read_file(directory.fd.get(), "cgroup.events");
        if (has_line(events, "frozen 1")) return "it is frozen";
        if (!has_line(events, "populated 1")) return {};
    } else {
        const std::optional<std::string> state = os::try_read_file(directory.fd.get(), "freezer.state");
        if (state && trim(*state) != "THAWED") return "it is frozen";
    }
    std::vector<std::string> pids;
    for (const pid_t pid : processes_in(directory)) pids.push_back(std::to_string(pid));
    constexpr std::size_t most_shown = 5;
    const bool more = pids.size() > most_shown;
    if (more) pids.resize(most_shown);
    if (!pids.empty()) return concat("it holds processes already (", join(pids, ", "), more ? ", ..." : "", ")");
    return directory.unified ? "it holds processes already" : "";
}

void take_in(const Directory& directory, pid_t pid) {
    const int code = os::try_write_file(directory.fd.get(), "cgroup.procs", std::to_string(pid));
    if (code == 0) return;
    throw_errno(concat("move process ", pid, " into the cgroup"), directory.path, code, "",
                hint_for_joining(directory, code));
}

bool Patience::wait(const Directory& directory) {
    if (std::chrono::steady_clock::now() >= deadline_) return false;
    const os::UniqueFd events =
        directory.unified ? os::try_open_at(directory.fd.get(), "cgroup.events", O_RDONLY) : os::UniqueFd();
    // A change is one against what was read last; ppoll(2) leaves a negative descriptor out.
    std::array<char, 256> before{};
    if (events && ::read(events.get(), before.data(), before.size()) < 0) return true;  // the cgroup is gone
    pollfd change{.fd = events.get(), .events = POLLPRI, .revents = 0};
    const timespec pause{.tv_sec = 0, .tv_nsec = static_cast<long>(pause_.count())};
    ::ppoll(&change, 1, &pause, nullptr);
    pause_ = std::min<std::chrono::nanoseconds>(pause_ * 2, std::chrono::milliseconds(20));
    return true;
}

}  // namespace rt::cgroup
