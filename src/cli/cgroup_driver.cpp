#include "rt/cli/cgroup_driver.hpp"

#include "rt/base/error.hpp"
#include "rt/cli/choice.hpp"

namespace rt::cli {

plan::CgroupDriver cgroup_driver(const Arguments& arguments) {
    const auto given = arguments.global.find("cgroup-manager");
    const bool by_systemd = arguments.global.contains("systemd-cgroup");
    if (given == arguments.global.end()) return by_systemd ? plan::CgroupDriver::systemd : plan::CgroupDriver::cgroupfs;
    const plan::CgroupDriver driver = choice("cgroup-manager", given->second.back(), plan::cgroup_drivers);
    if (by_systemd && driver != plan::CgroupDriver::systemd)
        fail("use both", "--systemd-cgroup and --cgroup-manager", "they say different things", "leave one out");
    return driver;
}

}  // namespace rt::cli
