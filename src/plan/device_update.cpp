#include "rt/plan/device_update.hpp"

#include "rt/base/error.hpp"

namespace rt::plan {

namespace {

bool denies_everything(const DeviceRule& rule) { return rule == DeviceRule{}; }

}  // namespace

std::optional<DeviceUpdate> plan_device_update(const std::vector<spec::DeviceRule>& listed,
                                               const host::CgroupLayout& layout) {
    if (listed.empty()) return std::nullopt;
    std::vector<DeviceRule> rules = plan_device_rules(listed);
    if (listed.size() == 1 && denies_everything(rules.front())) return std::nullopt;
    if (!layout.may_set_device_rules) {
        fail("change the device rules at", "/linux/resources/devices",
             "it takes CAP_SYS_ADMIN in the initial user namespace (on cgroup v2 CAP_BPF and CAP_NET_ADMIN, to load an "
             "eBPF program), and root of a user namespace does not have it there",
             "run rt as root of the host, or leave them out: the modes of the device nodes decide");
    }
    if (layout.with_controller("devices") != nullptr) return DeviceUpdate{.list = plan_device_list(rules)};
    return DeviceUpdate{.program = std::move(rules)};
}

}  // namespace rt::plan
