#include "rt/plan/unit_amount.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

// A limit of one device: the file, the key in it (v1: a file for each), and the property.
struct DeviceRow {
    std::string_view file;
    std::string_view key;
    std::string_view property;
};

constexpr std::array device_rows{
    DeviceRow{"io.max", "rbps", "IOReadBandwidthMax"},
    DeviceRow{"io.max", "wbps", "IOWriteBandwidthMax"},
    DeviceRow{"io.max", "riops", "IOReadIOPSMax"},
    DeviceRow{"io.max", "wiops", "IOWriteIOPSMax"},
    DeviceRow{"io.weight", "", "IODeviceWeight"},
    DeviceRow{"blkio.throttle.read_bps_device", "", "BlockIOReadBandwidth"},
    DeviceRow{"blkio.throttle.write_bps_device", "", "BlockIOWriteBandwidth"},
    DeviceRow{"blkio.weight_device", "", "BlockIODeviceWeight"},
};

// On v1 the kernel has 0 for no limit, and systemd the largest number.
std::optional<std::uint64_t> limit_of(const DeviceRow& row, const std::string& text) {
    const std::optional<std::uint64_t> amount = amount_of(text);
    const bool none = amount == 0U && row.file.starts_with("blkio.throttle.");
    return none ? std::numeric_limits<std::uint64_t>::max() : amount;
}

void add_device_limit(const DeviceRow& row, const std::string& device, const std::string& text,
                      std::vector<UnitProperty>& properties) {
    const std::optional<std::uint64_t> amount = limit_of(row, text);
    if (!amount) return;
    auto found = std::ranges::find(properties, row.property, &UnitProperty::name);
    if (found == properties.end()) {
        found = properties.insert(found, {.name = std::string(row.property), .value = StringAmounts{}});
    }
    // systemd takes a path, and reads the numbers out of this one (systemd.resource-control(5)).
    std::get<StringAmounts>(found->value).emplace_back(concat("/dev/block/", device), *amount);
}

}  // namespace

std::optional<std::uint64_t> amount_of(std::string text) {
    constexpr std::string_view units = "KMGT";
    if (text == "max" || text == "-1") return std::numeric_limits<std::uint64_t>::max();
    unsigned shift = 0;
    if (!text.empty()) {
        const std::size_t unit = units.find(static_cast<char>(text.back() & ~0x20));
        if (unit != std::string_view::npos && text.back() > '9') {
            shift = 10 * (static_cast<unsigned>(unit) + 1);
            text.pop_back();
        }
    }
    const std::optional<std::uint64_t> number = parse_number<std::uint64_t>(text);
    if (!number || *number > std::numeric_limits<std::uint64_t>::max() >> shift) return std::nullopt;
    return *number << shift;
}

void add_device_limits(const CgroupFile& file, std::vector<UnitProperty>& properties) {
    const std::vector<std::string> words = split(file.value, ' ');
    if (words.size() < 2 || words.front().find(':') == std::string::npos) return;
    for (const DeviceRow& row : device_rows) {
        if (row.file != file.name) continue;
        for (auto word = words.begin() + 1; word != words.end(); ++word) {
            const std::size_t equals = word->find('=');
            const bool has_key = equals != std::string::npos;
            if ((has_key ? word->substr(0, equals) : "") == row.key)
                add_device_limit(row, words.front(), has_key ? word->substr(equals + 1) : *word, properties);
        }
    }
}

}  // namespace rt::plan
