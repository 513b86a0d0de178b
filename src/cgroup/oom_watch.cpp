#include "rt/cgroup/oom_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/directory.hpp"
#include "rt/cgroup/stats.hpp"
#include "rt/os/file.hpp"

namespace rt::cgroup {

namespace {

// Documentation/admin-guide/cgroup-v1/memory.rst, section 10: eventfd and control file, tied together.
os::UniqueFd v1_notifier(const Directory& directory) {
    const os::UniqueFd control = os::try_open_at(directory.fd.get(), "memory.oom_control", O_RDONLY);
    if (!control) return {};
    os::UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) throw_errno("make", "an eventfd");
    const std::string tie = concat(event.get(), " ", control.get());
    const int code = os::try_write_file(directory.fd.get(), "cgroup.event_control", tie);
    if (code != 0) throw_errno("watch for OOM in", directory.path, code);
    return event;
}

}  // namespace

OomWatch::OomWatch(const std::vector<std::string>& directories) {
    for (const std::string& path : directories) {
        const std::optional<Directory> directory = try_open_directory(path);
        if (!directory) continue;
        fd_ = directory->unified ? os::try_open_at(directory->fd.get(), "memory.events", O_RDONLY)
                                 : v1_notifier(*directory);
        if (!fd_) continue;
        unified_ = directory->unified;
        directory_ = path;
        if (unified_) kills_ = kills();
        return;
    }
}

short OomWatch::events() const noexcept { return unified_ ? POLLPRI : POLLIN; }

unsigned long OomWatch::kills() const {
    std::string text(4096, '\0');
    const ssize_t length = ::pread(fd_.get(), text.data(), text.size(), 0);
    if (length < 0) return kills_;  // ENODEV: the cgroup is gone
    text.resize(static_cast<std::size_t>(length));
    const auto counters = parse_counters(text);
    const auto found = counters.find("oom_kill");
    return found == counters.end() ? kills_ : found->second;
}

bool OomWatch::happened() {
    if (unified_) {
        const unsigned long now = kills();
        return now != std::exchange(kills_, now);
    }
    std::uint64_t times = 0;
    if (!fd_ || ::read(fd_.get(), &times, sizeof times) != static_cast<ssize_t>(sizeof times)) return false;
    // The kernel tells the end of the cgroup in the same way.
    return try_open_directory(directory_).has_value();
}

}  // namespace rt::cgroup
