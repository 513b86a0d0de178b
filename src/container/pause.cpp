#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/freezer.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/status.hpp"

namespace rt::container {

void pause(const Roots& roots, const std::string& id) {
    const Opened container = open_container(roots, id, "pause");
    const state::Status status = status_now(container.record, os::Procfs::open());
    if (status == state::Status::paused) return;
    if (status != state::Status::running && status != state::Status::created) {
        fail("pause", id, "container not running", concat("it is ", name_of(status)));
    }
    during(concat("pause container ", id), [&] { cgroup::freeze(container.record.cgroups); });
}

void resume(const Roots& roots, const std::string& id) {
    const Opened container = open_container(roots, id, "resume");
    const state::Status status = status_now(container.record, os::Procfs::open());
    if (status != state::Status::paused) {
        fail("resume", id, "container not paused", concat("it is ", name_of(status)));
    }
    during(concat("resume container ", id), [&] { cgroup::thaw(container.record.cgroups); });
}

}  // namespace rt::container
