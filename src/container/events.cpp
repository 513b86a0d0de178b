#include <poll.h>

#include <array>
#include <cerrno>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/oom_watch.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/status.hpp"
#include "rt/os/process.hpp"

namespace rt::container {

namespace {

struct Watched {
    state::Record record;
    os::UniqueFd init;
};

// Without its lock: other commands go on while this one watches.
Watched open_running(const Roots& roots, const std::string& id) {
    Opened container = open_container(roots, id, "watch");
    os::UniqueFd init = try_open_init(container.record, os::Procfs::open());
    if (!init) fail("watch", id, "container not running");
    return {.record = std::move(container.record), .init = std::move(init)};
}

int wait_for_events(pollfd* sources, nfds_t count, int timeout) {
    const int ready = ::poll(sources, count, timeout);
    if (ready < 0 && errno != EINTR) throw_errno("wait for", "events");
    return ready;
}

}  // namespace

cgroup::Stats stats(const Roots& roots, const std::string& id) {
    return cgroup::read_stats(open_running(roots, id).record.cgroups);
}

void watch(const Roots& roots, const std::string& id, int interval, const EventListener& listener) {
    const Watched container = open_running(roots, id);
    cgroup::OomWatch oom(container.record.cgroups);
    std::array<pollfd, 2> sources{{{.fd = container.init.get(), .events = POLLIN, .revents = 0},
                                   {.fd = oom.fd(), .events = oom.events(), .revents = 0}}};
    while (sources[0].revents == 0) {
        const int ready = wait_for_events(sources.data(), sources.size(), interval);
        if (oom.happened()) listener.oom();
        if (ready == 0) listener.stats(cgroup::read_stats(container.record.cgroups));
    }
    if (oom.happened()) listener.oom();
}

}  // namespace rt::container
