#include <fcntl.h>

#include <algorithm>
#include <memory>

#include "rt/base/error.hpp"
#include "rt/base/log.hpp"
#include "rt/base/text.hpp"
#include "rt/cgroup/settings.hpp"
#include "rt/container/commands.hpp"
#include "rt/container/recorded_cgroups.hpp"
#include "rt/container/status.hpp"
#include "rt/host/cgroup_layout.hpp"
#include "rt/os/file.hpp"
#include "rt/plan/device_update.hpp"
#include "rt/plan/resources.hpp"
#include "rt/plan/scope.hpp"
#include "rt/systemd/manager.hpp"

namespace rt::container {

namespace {

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

// systemd keeps a share of time, made of both: what is not given is what there is now.
void complete_quota(spec::Resources& resources, const std::vector<plan::CgroupDirectory>& directories) {
    if (!resources.cpu || (resources.cpu->quota.value_or(0) == 0 && resources.cpu->period.value_or(0) == 0)) return;
    for (const plan::CgroupDirectory& directory : directories) {
        const auto text = [&](const char* file) {
            return std::string(trim(os::try_read_file(AT_FDCWD, concat(directory.directory, "/", file)).value_or("")));
        };
        std::vector<std::string> now = split(text("cpu.max"), ' ');
        if (now.size() != 2) now = {text("cpu.cfs_quota_us"), text("cpu.cfs_period_us")};
        const auto period = parse_number<std::uint64_t>(now[1]);
        if (!period) continue;
        if (resources.cpu->period.value_or(0) == 0) resources.cpu->period = period;
        if (resources.cpu->quota.value_or(0) == 0)
            resources.cpu->quota = parse_number<std::int64_t>(now[0]).value_or(-1);
    }
}

// What it does not know it would put back when it reloads.
std::function<void()> tell_systemd(const state::Record& record, const plan::CgroupResources& resources,
                                   const std::optional<plan::DeviceUpdate>& devices) {
    const bool device_list = devices && devices->list;
    if (!record.unit || (resources.empty() && !device_list)) return {};
    auto manager = std::make_shared<systemd::Manager>(systemd::Manager::connect(record.unit->user));
    std::vector<plan::UnitProperty> properties = plan::limit_properties(resources, manager->facts().version);
    if (device_list) {
        std::vector<std::string> warnings;
        for (plan::UnitProperty& property : plan::device_properties(*devices->list, warnings))
            properties.push_back(std::move(property));
        for (const std::string& warning : warnings) log::warning(warning);
    }
    if (properties.empty()) return {};
    return [manager, properties = std::move(properties), unit = record.unit->name] {
        manager->set_properties(unit, properties);
    };
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
        const std::vector<plan::CgroupDirectory> directories = recorded_cgroups(container.record, layout);
        complete_swap(resources, directories);
        if (container.record.unit) complete_quota(resources, directories);
        const plan::CgroupResources planned = plan::plan_resources(resources, layout);
        const std::optional<plan::DeviceUpdate> devices = plan::plan_device_update(resources.devices, layout);
        cgroup::update(planned, devices, directories, tell_systemd(container.record, planned, devices));
    });
}

}  // namespace rt::container
