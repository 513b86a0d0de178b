#include "rt/cgroup/processes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/directory.hpp"
#include "rt/os/file.hpp"
#include "rt/os/process.hpp"

namespace rt::cgroup {

namespace {

// Which v1 hierarchy to believe: a container seldom is given one of the first to write to, and systemd in a container does
// move processes around in its own.
std::size_t distrust(const Directory& directory) {
    constexpr std::array<const char*, 3> files{"freezer.state", "devices.list", "pids.max"};
    if (directory.unified) return 0;
    const auto found = std::ranges::find_if(
        files, [&](const char* file) { return os::try_status_at(directory.fd.get(), file).has_value(); });
    return 1 + static_cast<std::size_t>(found - files.begin());
}

std::set<pid_t> processes_in_all(const std::vector<Directory>& directories) {
    std::set<pid_t> pids;
    for (const Directory& directory : directories) pids.merge(processes_in(directory));
    return pids;
}

// One directory open at a time: the usual case, an empty cgroup, must not need a descriptor for each of ten hierarchies.
bool any_process_in(const std::vector<std::string>& directories) {
    return std::ranges::any_of(directories, [](const std::string& path) {
        const std::optional<Directory> directory = try_open_directory(path);
        return directory && !processes_in(*directory).empty();
    });
}

void thaw(const Directory& directory) {
    os::try_write_file(directory.fd.get(), "freezer.state", "THAWED");
    for (const Directory& child : children_of(directory)) thaw(child);
}

// While it lives nobody in the v1 freezer cgroup can fork; afterwards nobody in it is frozen, whoever did it: a process that
// the v1 freezer holds does not even die.
class Frozen {
public:
    explicit Frozen(const std::vector<Directory>& directories) : directories_(directories) {
        for (const Directory& directory : directories)
            os::try_write_file(directory.fd.get(), "freezer.state", "FROZEN");
    }
    Frozen(const Frozen&) = delete;
    Frozen& operator=(const Frozen&) = delete;
    ~Frozen() {
        for (const Directory& directory : directories_) {
            try {
                if (!directory.unified) thaw(directory);
            } catch (const std::exception&) {  // a cgroup beneath it that is just being removed: kill_all() comes back
            }
        }
    }

private:
    const std::vector<Directory>& directories_;
};

using Held = std::vector<std::pair<pid_t, os::UniqueFd>>;

// What listing the cgroups takes: a directory and a file for each of a few levels. They are free again when it goes.
class SpareDescriptors {
public:
    explicit SpareDescriptors(const Directory& any) {
        for (os::UniqueFd& descriptor : descriptors_) descriptor = os::duplicate(any.fd.get());
    }

private:
    std::array<os::UniqueFd, 8> descriptors_;
};

// Takes some of the processes off the list and holds on to them: the limit of open files is none of processes, so it may not be
// all of them.
Held hold_some(std::vector<pid_t>& waiting, const std::vector<Directory>& directories) {
    constexpr std::size_t most = 256;
    const SpareDescriptors spare(directories.front());
    Held held;
    while (!waiting.empty() && held.size() < most) {
        os::UniqueFd pidfd = os::try_open_pidfd(waiting.back());
        if (!pidfd && (errno == EMFILE || errno == ENFILE)) {
            if (held.empty()) throw_errno("open a descriptor of", concat("process ", waiting.back()));
            break;
        }
        if (pidfd) held.emplace_back(waiting.back(), std::move(pidfd));
        waiting.pop_back();
    }
    return held;
}

// A pid may get a new owner between the look at the list and the signal, so the list is looked at again when a descriptor
// holds on to the process: who is in it then is the one that gets the signal.
void send_signal(const std::vector<Directory>& directories, int signal) {
    const std::set<pid_t> all = processes_in_all(directories);
    std::vector<pid_t> waiting(all.begin(), all.end());
    while (!waiting.empty()) {
        const Held held = hold_some(waiting, directories);
        const std::set<pid_t> still_there = processes_in_all(directories);
        for (const auto& [pid, pidfd] : held) {
            if (pid != ::getpid() && still_there.contains(pid)) os::try_send_signal(pidfd.get(), signal);
        }
    }
}

bool try_kill_at_once(const std::vector<Directory>& directories) {
    // Linux 5.14 and newer; not for a threaded cgroup (cgroups(7)). The v2 directory is the first.
    return directories.front().unified && os::try_write_file(directories.front().fd.get(), "cgroup.kill", "1") == 0;
}

[[noreturn]] void refuse_to_wait(const Directory& directory, const std::set<pid_t>& left) {
    std::vector<std::string> pids;
    for (const pid_t pid : left) pids.push_back(std::to_string(pid));
    fail("end the processes of the cgroup", directory.path,
         concat("they do not react to signal 9 (KILL): ", pids.empty() ? "none that can be seen" : join(pids, ", ")),
         "they wait in the kernel, for a disk or a network file system perhaps, or a cgroup above is frozen; try again "
         "later");
}

bool is_above(const std::string& directory, const std::string& other) {
    return other.size() > directory.size() && other.starts_with(directory) && other[directory.size()] == '/';
}

int remove_directory(const Directory& directory) {
    const os::UniqueFd parent = os::open_at(directory.fd.get(), "..", O_PATH | O_DIRECTORY);
    const std::string name = directory.path.substr(directory.path.rfind('/') + 1);
    const int code = ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
    return code == ENOENT || code == ENODEV ? 0 : code;
}

[[noreturn]] void explain_removal(const Directory& directory, int code) {
    const std::set<pid_t> left = processes_in(directory);
    std::string reason = left.empty() ? "" : concat("process ", *left.begin(), " is in it");
    throw_errno("remove the cgroup", directory.path, code, std::move(reason),
                code == EACCES || code == EPERM ? "do it as the user who made it" : "");
}

void remove_with_children(const Directory& directory, Patience& patience) {
    for (;;) {
        for (const Directory& child : children_of(directory)) remove_with_children(child, patience);
        const int code = remove_directory(directory);
        if (code == 0) return;
        if ((code != EBUSY && code != ENOTEMPTY) || !patience.wait(directory)) explain_removal(directory, code);
    }
}

// Somebody else's processes or cgroups may be in it by now: then it stays.
void remove_if_empty(const std::string& path, Patience& patience) {
    const std::optional<Directory> directory = try_open_directory(path);
    if (!directory) return;
    while (const int code = remove_directory(*directory)) {
        if (code != EBUSY && code != ENOTEMPTY) explain_removal(*directory, code);
        const bool empty = processes_in(*directory).empty() && children_of(*directory).empty();
        if (!empty || !patience.wait(*directory)) return;
    }
}

// "oom_kill 3": memory.events on v2, memory.oom_control on v1.
unsigned oom_kills_in(const Directory& directory) {
    const char* file = directory.unified ? "memory.events" : "memory.oom_control";
    constexpr std::string_view key = "oom_kill ";
    for (const std::string& line : split(os::try_read_file(directory.fd.get(), file).value_or(""), '\n')) {
        if (line.starts_with(key)) return parse_number<unsigned>(line.substr(key.size())).value_or(0);
    }
    return 0;
}

}  // namespace

std::vector<pid_t> processes(const std::vector<std::string>& directories) {
    const std::vector<Directory> existing = open_existing(directories);
    if (existing.empty()) return {};
    const std::set<pid_t> pids = processes_in(*std::ranges::min_element(existing, {}, distrust));
    return {pids.begin(), pids.end()};
}

void kill_all(const std::vector<std::string>& directories) {
    if (!any_process_in(directories)) return;
    const std::vector<Directory> existing = open_existing(directories);
    if (existing.empty()) return;
    Patience patience;
    for (bool first = true;; first = false) {
        const bool killed = try_kill_at_once(existing);
        if (!killed || !first) {
            const Frozen frozen(existing);
            send_signal(existing, SIGKILL);
        }
        const bool patient = patience.wait(existing.front());
        const std::set<pid_t> left = processes_in_all(existing);
        if (left.empty()) return;
        if (!patient) refuse_to_wait(existing.front(), left);
    }
}

void signal_all(const std::vector<std::string>& directories, int signal) {
    send_signal(open_existing(directories), signal);
}

void remove(const std::vector<std::string>& directories) {
    Patience patience;
    std::vector<std::string> above;
    for (const std::string& path : directories) {
        if (std::ranges::any_of(directories, [&](const std::string& other) { return is_above(path, other); })) {
            above.push_back(path);
        } else if (const std::optional<Directory> directory = try_open_directory(path)) {
            remove_with_children(*directory, patience);
        }
    }
    std::ranges::sort(above, std::greater{}, &std::string::size);
    for (const std::string& path : above) remove_if_empty(path, patience);
}

unsigned oom_kills(const std::vector<std::string>& directories) noexcept {
    try {
        unsigned kills = 0;
        for (const Directory& directory : open_existing(directories)) kills = std::max(kills, oom_kills_in(directory));
        return kills;
    } catch (const std::exception&) {  // only a hint depends on it
        return 0;
    }
}

}  // namespace rt::cgroup
