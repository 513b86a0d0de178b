#include "rt/plan/device_rules.hpp"

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

// What every container may use, whatever its config says: it is customary, and a program without /dev/null is of no use.
// A node alone opens nothing, so any may be made.
std::vector<DeviceRule> customary_rules() {
    const auto device = [](std::uint32_t major, std::optional<std::uint32_t> minor) {
        return DeviceRule{.allow = true, .devices = {.type = 'c', .major = major, .minor = minor}};
    };
    return {
        {.allow = true, .access = device_access::make_node},
        device(1, 3),               // null
        device(1, 5),               // zero
        device(1, 7),               // full
        device(1, 8),               // random
        device(1, 9),               // urandom
        device(5, 0),               // tty
        device(5, 2),               // ptmx
        device(136, std::nullopt),  // pts
    };
}

std::optional<char> device_type(spec::DeviceRuleType type, const JsonPointer& where) {
    switch (type) {
        case spec::DeviceRuleType::all: return std::nullopt;
        case spec::DeviceRuleType::character:
        case spec::DeviceRuleType::block: return static_cast<char>(type);
    }
    fail("use the device rule at", (where / "type").text(), "expected \"a\", \"c\" or \"b\"");
}

std::uint8_t device_access_of(const std::string& word, const JsonPointer& where) {
    if (word.empty()) return device_access::all;
    std::uint8_t access = 0;
    for (const char letter : word) {
        switch (letter) {
            case 'm': access |= device_access::make_node; break;
            case 'r': access |= device_access::read; break;
            case 'w': access |= device_access::write; break;
            default:
                fail("use the device rule at", (where / "access").text(),
                     concat("expected a text made of r, w and m, found \"", printable(word), "\""));
        }
    }
    return access;
}

void check_number(std::optional<std::uint32_t> number, std::uint32_t largest, const JsonPointer& where) {
    if (!number || *number <= largest) return;
    fail("use the device rule at", where.text(), concat(*number, " is more than Linux has: the largest is ", largest),
         "leave it out to mean all devices");
}

DeviceRule plan_rule(const spec::DeviceRule& rule, const JsonPointer& where) {
    check_number(rule.major, largest_device_major, where / "major");
    check_number(rule.minor, largest_device_minor, where / "minor");
    return {.allow = rule.allow,
            .devices = {.type = device_type(rule.type, where), .major = rule.major, .minor = rule.minor},
            .access = device_access_of(rule.access, where)};
}

template <class Value>
bool covers(const std::optional<Value>& wide, const std::optional<Value>& narrow) noexcept {
    return !wide || wide == narrow;
}

}  // namespace

bool DeviceSet::contains(const DeviceSet& other) const noexcept {
    return covers(type, other.type) && covers(major, other.major) && covers(minor, other.minor);
}

std::vector<DeviceRule> plan_device_rules(const std::vector<spec::DeviceRule>& listed) {
    const JsonPointer where("/linux/resources/devices");
    std::vector<DeviceRule> rules;
    rules.reserve(listed.size());
    for (std::size_t i = 0; i < listed.size(); ++i) rules.push_back(plan_rule(listed[i], where / i));
    const std::vector<DeviceRule> customary = customary_rules();
    rules.insert(rules.end(), customary.begin(), customary.end());
    return rules;
}

bool allows_everything(const std::vector<DeviceRule>& rules) noexcept {
    for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
        if (!rule->allow) return false;
        if (rule->devices == DeviceSet{} && rule->access == device_access::all) return true;
    }
    return false;
}

std::string text_of(const DeviceSet& devices, std::uint8_t access) {
    const auto number = [](std::optional<std::uint32_t> value) { return value ? std::to_string(*value) : "*"; };
    std::string text = concat(devices.type.value_or('a'), " ", number(devices.major), ":", number(devices.minor), " ");
    if ((access & device_access::read) != 0) text += 'r';
    if ((access & device_access::write) != 0) text += 'w';
    if ((access & device_access::make_node) != 0) text += 'm';
    return text;
}

}  // namespace rt::plan
