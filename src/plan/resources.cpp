#include "rt/plan/resources.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/cgroup_place.hpp"
#include "rt/plan/resource_writer.hpp"

namespace rt::plan {

namespace {

// What the block I/O controller is called on v2.
std::string_view name_on_v2(std::string_view controller) { return controller == "blkio" ? "io" : controller; }

void plan_pids(std::int64_t limit, ResourceWriter& writer) {
    // With 0 the container's own process could not be born into the cgroup; 1 leaves room for it and nothing else.
    const std::string value = limit < 0 ? "max" : std::to_string(std::max<std::int64_t>(limit, 1));
    writer.add(resources_object() / "pids" / "limit", "pids", {"pids.max", value});
}

void plan_hugepages(const std::vector<spec::HugepageLimit>& limits, ResourceWriter& writer) {
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const JsonPointer place = resources_object() / "hugepageLimits" / i;
        const bool unified = writer.is_unified("hugetlb", place);
        const std::string prefix = concat("hugetlb.", limits[i].page_size, ".");
        const std::string value = std::to_string(limits[i].limit);
        writer.add(place / "pageSize", "hugetlb", {prefix + (unified ? "max" : "limit_in_bytes"), value});
        writer.add({.place = (place / "pageSize").text(),
                    .controller = "hugetlb",
                    .unified = unified,
                    .choices = {{prefix + (unified ? "rsvd.max" : "rsvd.limit_in_bytes"), value}},
                    .may_be_missing = true});  // kernels without accounting of reservations
    }
}

void plan_network(const spec::NetworkResources& network, ResourceWriter& writer) {
    constexpr const char* reason = "it marks no packets of a cgroup: that is done by netfilter or eBPF";
    const JsonPointer object = resources_object() / "network";
    if (network.class_id.value_or(0) != 0) {
        if (writer.is_unified("net_cls", object / "classID")) refuse_on_v2(object / "classID", reason);
        writer.add(object / "classID", "net_cls", {"net_cls.classid", std::to_string(*network.class_id)});
    }
    for (std::size_t i = 0; i < network.priorities.size(); ++i) {
        const JsonPointer place = object / "priorities" / i;
        if (writer.is_unified("net_prio", place)) refuse_on_v2(place, reason);
        const spec::InterfacePriority& entry = network.priorities[i];
        writer.add(place, "net_prio", {"net_prio.ifpriomap", concat(entry.name, " ", entry.priority)});
    }
}

void plan_rdma(const std::map<std::string, spec::RdmaLimit>& rdma, ResourceWriter& writer) {
    for (const auto& [device, limit] : rdma) {
        std::string value = device;
        if (limit.hca_handles) value += concat(" hca_handle=", *limit.hca_handles);
        if (limit.hca_objects) value += concat(" hca_object=", *limit.hca_objects);
        writer.add(resources_object() / "rdma" / device, "rdma", {"rdma.max", std::move(value)});
    }
}

void check_unified_key(const std::string& key, const JsonPointer& place) {
    const bool plain = key.find('/') == std::string::npos && key.find('.') != std::string::npos && key.front() != '.';
    if (!plain) {
        fail("use the key", place.text(), "it is no file of cgroup v2", "the name of such a file is CONTROLLER.PART");
    }
}

// "Parameters given in unified override the others."
void drop_settings_of(const std::string& file, CgroupResources& target) {
    std::erase_if(target.settings, [&](const CgroupSetting& setting) {
        return setting.unified && std::ranges::find(setting.choices, file, &CgroupFile::name) != setting.choices.end();
    });
}

void plan_unified(const std::map<std::string, std::string>& unified, ResourceWriter& writer) {
    for (const auto& [key, value] : unified) {
        const JsonPointer place = resources_object() / "unified" / key;
        if (key.empty()) fail("use the key", place.text(), "it is empty");
        check_unified_key(key, place);
        const std::string controller = key.substr(0, key.find('.'));
        if (!writer.is_unified(controller, place)) {
            fail("use the value at", place.text(),
                 concat("the controller ", controller, " is in a hierarchy of cgroup v1 on this machine"),
                 "use the properties for v1 in /linux/resources, or boot with systemd.unified_cgroup_hierarchy=1");
        }
        drop_settings_of(key, writer.target());
        // Files such as io.max take one device per write.
        for (const std::string& line : value.empty() ? std::vector<std::string>{""} : split(value, '\n')) {
            if (!line.empty() || value.empty())
                writer.add(
                    {.place = place.text(), .controller = controller, .unified = true, .choices = {{key, line}}});
        }
    }
}

std::string controllers_of(const host::CgroupLayout& layout) {
    std::vector<std::string> names;
    for (const host::CgroupHierarchy& hierarchy : layout.hierarchies) {
        names.insert(names.end(), hierarchy.controllers.begin(), hierarchy.controllers.end());
    }
    return names.empty() ? "none" : join(names, ", ");
}

std::string hint_for_missing(const host::CgroupLayout& layout, std::string_view controller) {
    if (layout.hierarchies.empty()) return "mount the cgroups: mount -t cgroup2 cgroup2 /sys/fs/cgroup";
    if (controller == "memory") return "boot with cgroup_enable=memory if the kernel has it switched off";
    return "remove the value, or load or enable the controller in the kernel";
}

}  // namespace

JsonPointer resources_object() { return JsonPointer("/linux/resources"); }

void refuse_on_v2(const JsonPointer& place, std::string_view reason) {
    fail("use the value at", place.text(), concat("cgroup v2 has no such value: ", reason), "remove it");
}

bool ResourceWriter::is_unified(std::string_view controller, const JsonPointer& place) const {
    const host::CgroupHierarchy* unified = layout_.unified();
    if (controller == "cgroup" && unified != nullptr) return true;
    for (const host::CgroupHierarchy& hierarchy : layout_.hierarchies) {
        const std::string_view name = hierarchy.unified ? name_on_v2(controller) : controller;
        if (hierarchy.has_controller(name)) return hierarchy.unified;
    }
    // These never came to v2: what is set for them has no counterpart there.
    if ((controller == "net_cls" || controller == "net_prio") && unified != nullptr && layout_.hierarchies.size() == 1)
        return true;
    NoCgroup obstacle = why_not_delegated(layout_, name_on_v2(controller));
    if (!obstacle.reason.empty())
        fail("use the value at", place.text(), std::move(obstacle.reason), std::move(obstacle.hint));
    fail("use the value at", place.text(),
         concat("the cgroup controller ", controller,
                " is not available on this machine (there are: ", controllers_of(layout_), ")"),
         hint_for_missing(layout_, controller));
}

void ResourceWriter::add(const JsonPointer& place, std::string_view controller, CgroupFile file) {
    const bool unified = is_unified(controller, place);
    target_.settings.push_back({.place = place.text(),
                                .controller = std::string(unified ? name_on_v2(controller) : controller),
                                .unified = unified,
                                .choices = {std::move(file)}});
}

CgroupResources plan_resources(const spec::Resources& resources, const host::CgroupLayout& layout) {
    CgroupResources planned;
    ResourceWriter writer(layout, planned);
    if (resources.memory) plan_memory(*resources.memory, writer);
    if (resources.cpu) plan_cpu(*resources.cpu, writer);
    if (resources.pids_limit) plan_pids(*resources.pids_limit, writer);
    if (resources.block_io) plan_block_io(*resources.block_io, writer);
    plan_hugepages(resources.hugepage_limits, writer);
    if (resources.network) plan_network(*resources.network, writer);
    plan_rdma(resources.rdma, writer);
    plan_unified(resources.unified, writer);
    return planned;
}

}  // namespace rt::plan
