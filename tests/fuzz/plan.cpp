// The plan of a container: any config that can be read, on any machine, by any caller.
#include "rt/plan/plan.hpp"

#include "circumstances.hpp"
#include "json_mutator.hpp"
#include "rt/base/text.hpp"
#include "rt/spec/reader.hpp"

using namespace rt;

namespace {

plan::Request request_of(fuzz::Choices& choices) {
    constexpr std::array drivers{plan::CgroupDriver::cgroupfs, plan::CgroupDriver::systemd,
                                 plan::CgroupDriver::disabled};
    return {
        .id = "web1",
        .bundle = "/bundle",
        .preserve_fds = choices.below(4),
        .keep_groups = choices.flag(),
        .no_pivot = choices.flag(),
        .idmap_rootfs = choices.flag(),
        .cgroup_driver = drivers[choices.below(3)],
        .systemd = {.of_user = choices.flag(), .control_group = choices.flag() ? "/user.slice" : "", .version = 252},
        .detach = choices.flag(),
        .console_socket = choices.flag()};
}

bool climbs(std::string_view path) {
    const std::vector<std::string> parts = split(path, '/');
    return std::ranges::find(parts, "..") != parts.end();
}

void check(const plan::Plan& plan) {
    for (const plan::CgroupDirectory& directory : plan.cgroup.directories) {
        fuzz::require(directory.directory.starts_with(directory.hierarchy.mount_point), "a cgroup is in its hierarchy");
        fuzz::require(!climbs(directory.directory), "a cgroup's path goes down only");
    }
    for (const plan::Sysctl& entry : plan.sysctl)
        fuzz::require(!climbs(entry.path), "a kernel parameter's path goes down only");
    if (!plan.process) return;
    const plan::Credentials& who = plan.process->credentials;
    fuzz::require(plan.mappings.uid_to_host(who.uid).has_value() && plan.mappings.gid_to_host(who.gid).has_value(),
                  "the process has ids that exist");
    fuzz::require(!plan.process->args.empty(), "a process has a program");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    spec::Spec spec;
    if (!fuzz::accepted([&] { spec = spec::read(input.text, "config.json"); })) return 0;
    const plan::Request request = request_of(input.choices);
    const host::CgroupLayout layout = fuzz::layout_of(input.choices);
    const host::Facts facts = fuzz::facts_of(input.choices);
    fuzz::accepted([&] { check(plan::make_plan(spec, request, facts, layout)); });
    return 0;
}
