#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "rt/base/json_pointer.hpp"
#include "rt/plan/resources.hpp"

namespace rt::plan {

/// Collects the settings of one plan, and knows in which hierarchy a controller is.
class ResourceWriter {
public:
    ResourceWriter(const host::CgroupLayout& layout, CgroupResources& target) : layout_(layout), target_(target) {}

    /// Whether the controller is in the v2 hierarchy. \throws Error: no hierarchy has it
    bool is_unified(std::string_view controller, const JsonPointer& place) const;

    void add(const JsonPointer& place, std::string_view controller, CgroupFile file);
    void add(CgroupSetting setting) { target_.settings.push_back(std::move(setting)); }
    CgroupResources& target() noexcept { return target_; }

private:
    const host::CgroupLayout& layout_;
    CgroupResources& target_;
};

/// Where the resources stand in config.json.
JsonPointer resources_object();

/// \throws Error: v2 has nothing that a value of v1 could be converted to
[[noreturn]] void refuse_on_v2(const JsonPointer& place, std::string_view reason);

/// The parts of plan_resources(), one per object of config.json. \throws Error with the pointer
void plan_memory(const spec::MemoryResources& memory, ResourceWriter& writer);
void plan_cpu(const spec::CpuResources& cpu, ResourceWriter& writer);
void plan_block_io(const spec::BlockIoResources& block_io, ResourceWriter& writer);

}  // namespace rt::plan
