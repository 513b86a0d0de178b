#include "rt/cgroup/freezer.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/shortage.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/directory.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

// The two ways of the kernel: Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst "cgroup.freeze".
struct Freezer {
    const char* file;
    const char* freeze;
    const char* thaw;
};
constexpr Freezer v1{"freezer.state", "FROZEN", "THAWED"};
constexpr Freezer v2{"cgroup.freeze", "1", "0"};

const Freezer& freezer_of(const Directory& directory) { return directory.unified ? v2 : v1; }

bool has_freezer(const Directory& directory) {
    if (os::try_status_at(directory.fd.get(), freezer_of(directory).file)) return true;
    if (is_shortage(errno)) throw_errno("look at the freezer of", directory.path);
    return false;
}

// v1's first: on a hybrid machine it is where engines and users look.
std::vector<Directory> freezable(const std::vector<std::string>& paths) {
    std::vector<Directory> directories;
    for (const std::string& path : paths) {
        std::optional<Directory> directory = try_open_directory(path);
        if (directory && has_freezer(*directory)) directories.push_back(*std::move(directory));
    }
    std::ranges::stable_partition(directories, [](const Directory& directory) { return !directory.unified; });
    return directories;
}

void write_state(const Directory& directory, const char* state) {
    const int code = os::try_write_file(directory.fd.get(), freezer_of(directory).file, state);
    if (code != 0)
        throw_errno(concat("write '", state, "' to"), concat(directory.path, "/", freezer_of(directory).file), code);
}

// "frozen 1" of cgroup.events is the state; cgroup.freeze is only what was asked for.
bool is_completely_frozen(const Directory& directory) {
    const std::string text =
        os::try_read_file(directory.fd.get(), directory.unified ? "cgroup.events" : v1.file).value_or("");
    return text.find(directory.unified ? "frozen 1" : "FROZEN") != std::string::npos;
}

bool try_wait_until_frozen(const Directory& directory) {
    Patience patience;
    while (!is_completely_frozen(directory)) {
        // v1: a task that was forking meanwhile makes it stop half way; asking again goes on.
        if (!directory.unified) write_state(directory, v1.freeze);
        if (!patience.wait(directory)) return false;
    }
    return true;
}

bool names_frozen(const std::string& directory) {
    if (const auto events = os::try_read_file(AT_FDCWD, directory + "/cgroup.events"))
        return events->find("frozen 1") != std::string::npos;
    if (is_shortage(errno)) throw_errno("look at the freezer of", directory);
    const auto state = os::try_read_file(AT_FDCWD, directory + "/freezer.state");
    if (!state && is_shortage(errno)) throw_errno("look at the freezer of", directory);
    return state && trim(*state) != v1.thaw;
}

}  // namespace

bool is_frozen(const std::vector<std::string>& directories) { return std::ranges::any_of(directories, names_frozen); }

void freeze(const std::vector<std::string>& directories) {
    const std::vector<Directory> found = freezable(directories);
    if (found.empty()) {
        fail("freeze", "the processes", "the container has no cgroup with a freezer",
             "cgroup v2, or the freezer controller of cgroup v1, must be mounted and writable when it is created");
    }
    write_state(found.front(), freezer_of(found.front()).freeze);
    if (try_wait_until_frozen(found.front())) return;
    write_state(found.front(), freezer_of(found.front()).thaw);
    fail("freeze", found.front().path, "a process in it does not stop within ten seconds",
         "it waits in the kernel, for a disk or a network file system perhaps; nothing is frozen now");
}

void thaw(const std::vector<std::string>& directories) {
    for (const Directory& directory : freezable(directories)) write_state(directory, freezer_of(directory).thaw);
}

}  // namespace rt::cgroup
