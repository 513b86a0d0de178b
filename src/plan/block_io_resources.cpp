#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/resource_writer.hpp"

namespace rt::plan {

namespace {

JsonPointer place_of(std::string_view field) { return resources_object() / "blockIO" / field; }

void check_weight(std::uint16_t weight, const JsonPointer& place) {
    constexpr std::uint16_t least = 10;
    constexpr std::uint16_t most = 1000;
    if (weight >= least && weight <= most) return;
    fail("use the value at", place.text(), concat(weight, " is not between ", least, " and ", most));
}

std::string device_of(std::uint32_t major, std::uint32_t minor) { return concat(major, ":", minor); }

// The BFQ scheduler takes a weight of v1 as it is, and its file comes first: the other one does nothing under it.
void add_weight(ResourceWriter& writer, bool unified, std::uint16_t weight, const std::string& device,
                const JsonPointer& place) {
    check_weight(weight, place);
    const std::string prefix = device.empty() ? "" : device + " ";
    const std::string as_it_is = prefix + std::to_string(weight);
    CgroupSetting setting{
        .place = place.text(), .controller = unified ? "io" : "blkio", .unified = unified, .choices = {}};
    if (unified) {
        setting.choices = {{"io.bfq.weight", as_it_is}, {"io.weight", prefix + std::to_string(io_weight_of(weight))}};
    } else if (device.empty()) {
        setting.choices = {{"blkio.bfq.weight", as_it_is}, {"blkio.weight", as_it_is}};
    } else {
        setting.choices = {{"blkio.bfq.weight_device", as_it_is}, {"blkio.weight_device", as_it_is}};
    }
    writer.add(std::move(setting));
}

void add_leaf_weight(ResourceWriter& writer, bool unified, std::uint16_t weight, const std::string& device,
                     const JsonPointer& place) {
    if (unified) refuse_on_v2(place, "a cgroup that holds processes has none below it there");
    check_weight(weight, place);
    writer.add(place, "blkio",
               {device.empty() ? "blkio.leaf_weight" : "blkio.leaf_weight_device",
                concat(device, device.empty() ? "" : " ", weight)});
}

void plan_device_weights(const spec::BlockIoResources& block_io, bool unified, ResourceWriter& writer) {
    for (std::size_t i = 0; i < block_io.weight_device.size(); ++i) {
        const spec::BlockIoWeight& entry = block_io.weight_device[i];
        const JsonPointer place = place_of("weightDevice") / i;
        const std::string device = device_of(entry.major, entry.minor);
        if (entry.weight) add_weight(writer, unified, *entry.weight, device, place / "weight");
        if (entry.leaf_weight) add_leaf_weight(writer, unified, *entry.leaf_weight, device, place / "leafWeight");
    }
}

void plan_throttles(const std::vector<spec::BlockIoThrottle>& throttles, std::string_view field, const char* v1_file,
                    std::string_view v2_key, bool unified, ResourceWriter& writer) {
    for (std::size_t i = 0; i < throttles.size(); ++i) {
        const spec::BlockIoThrottle& entry = throttles[i];
        const std::string device = device_of(entry.major, entry.minor);
        // 0 is no limit: v1 writes it as 0, v2 as a word.
        const std::string rate = unified && entry.rate == 0 ? "max" : std::to_string(entry.rate);
        writer.add(place_of(field) / i, unified ? "io" : "blkio",
                   unified ? CgroupFile{"io.max", concat(device, " ", v2_key, "=", rate)}
                           : CgroupFile{v1_file, concat(device, " ", rate)});
    }
}

bool is_empty(const spec::BlockIoResources& block_io) {
    return block_io.weight.value_or(0) == 0 && block_io.leaf_weight.value_or(0) == 0 &&
           block_io.weight_device.empty() && block_io.throttle_read_bps_device.empty() &&
           block_io.throttle_write_bps_device.empty() && block_io.throttle_read_iops_device.empty() &&
           block_io.throttle_write_iops_device.empty();
}

}  // namespace

std::uint64_t io_weight_of(std::uint16_t weight) noexcept { return 1 + (weight - 10ULL) * 9999 / 990; }

void plan_block_io(const spec::BlockIoResources& block_io, ResourceWriter& writer) {
    if (is_empty(block_io)) return;
    const bool unified = writer.is_unified("blkio", resources_object() / "blockIO");
    if (block_io.weight.value_or(0) != 0) add_weight(writer, unified, *block_io.weight, "", place_of("weight"));
    if (block_io.leaf_weight.value_or(0) != 0)
        add_leaf_weight(writer, unified, *block_io.leaf_weight, "", place_of("leafWeight"));
    plan_device_weights(block_io, unified, writer);
    plan_throttles(block_io.throttle_read_bps_device, "throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps",
                   unified, writer);
    plan_throttles(block_io.throttle_write_bps_device, "throttleWriteBpsDevice", "blkio.throttle.write_bps_device",
                   "wbps", unified, writer);
    plan_throttles(block_io.throttle_read_iops_device, "throttleReadIOPSDevice", "blkio.throttle.read_iops_device",
                   "riops", unified, writer);
    plan_throttles(block_io.throttle_write_iops_device, "throttleWriteIOPSDevice", "blkio.throttle.write_iops_device",
                   "wiops", unified, writer);
}

}  // namespace rt::plan
