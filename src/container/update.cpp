#include <fcntl.h>

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/settings.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/status.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/device_update.hpp"
#include "rt/plan/resources.hpp"

namespace rt::container {

namespace {

std::vector<plan::CgroupDirectory> directories_of(const state::Record& record, const host::CgroupLayout& layout) {
    std::vector<plan::CgroupDirectory> directories;
    for (const std::string& path : record.cgroups) {
        const host::CgroupHierarchy* hierarchy = layout.hierarchy_of(path);
        if (hierarchy != nullptr) directories.push_back({.hierarchy = *hierarchy, .directory = path});
    }
    return directories;
}

// The limit of memory and swap together cannot be converted for v2 without that of memory: the present one then.
void complete_swap(spec::Resources& resources, const std::vector<plan::CgroupDirectory>& directories) {
    if (!resources.memory || resources.memory->swap.value_or(0) <= 0 || resources.memory->limit.value_or(0) != 0)
        return;
    for (const plan::CgroupDirectory& directory : directories) {
        if (!directory.hierarchy.unified) continue;
        const std::optional<std::string> now = os::try_read_file(AT_FDCWD, directory.directory + "/memory.max");
        if (now) resources.memory->limit = parse_number<std::int64_t>(trim(*now));
    }
}

}  // namespace

void update(const Roots& roots, const std::string& id, spec::Resources resources) {
    const Opened container = open_container(roots, id, "update");
    const state::Status status = status_now(container.record, os::Procfs::open());
    if (status == state::Status::stopped || status == state::Status::creating) {
        fail("update", id, "container not running", concat("it is ", name_of(status)));
    }
    during(concat("update container ", id), [&] {
        const host::CgroupLayout layout = host::cgroup_layout();
        const std::vector<plan::CgroupDirectory> directories = directories_of(container.record, layout);
        complete_swap(resources, directories);
        cgroup::update(plan::plan_resources(resources, layout), plan::plan_device_update(resources.devices, layout),
                       directories);
    });
}

}  // namespace rt::container
