// The limits of a config or of `rt update`, for each layout of cgroups.
#include "rt/plan/resources.hpp"

#include "circumstances.hpp"
#include "json_mutator.hpp"
#include "rt/plan/device_update.hpp"
#include "rt/plan/scope.hpp"
#include "rt/spec/document.hpp"
#include "rt/spec/sections.hpp"

using namespace rt;

namespace {

void check(const plan::CgroupResources& planned) {
    for (const plan::CgroupSetting& setting : planned.settings) {
        fuzz::require(setting.place.starts_with("/linux/resources"), "a setting has its place in the config");
        fuzz::require(!setting.choices.empty(), "a setting has a file");
        for (const plan::CgroupFile& file : setting.choices)
            fuzz::require(!file.name.empty() && file.name.find('/') == std::string::npos,
                          "a setting's file is in the cgroup");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const host::CgroupLayout layout = fuzz::layout_of(input.choices);
    spec::Resources resources;
    const bool read = fuzz::accepted([&] {
        const spec::Document document = spec::Document::parse(input.text, "resources.json");
        resources = spec::read_resources(document.root());
    });
    if (!read) return 0;
    fuzz::accepted([&] {
        const plan::CgroupResources planned = plan::plan_resources(resources, layout);
        check(planned);
        plan::limit_properties(planned, input.choices.flag() ? 252 : 240);
    });
    fuzz::accepted([&] {
        const std::optional<plan::DeviceUpdate> update = plan::plan_device_update(resources.devices, layout);
        std::vector<std::string> warnings;
        if (update && update->list) plan::device_properties(*update->list, warnings);
    });
    return 0;
}
