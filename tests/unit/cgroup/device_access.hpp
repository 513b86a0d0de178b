// The meaning of device rules, written down straight, to compare what is given to the kernel with.
#pragma once

#include <random>
#include <vector>

#include "rt/plan/device_rules.hpp"

namespace rt::test {

struct DeviceRequest {
    char type = 'c';
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint8_t access = 0;
};

inline bool speaks_of(const plan::DeviceRule& rule, const DeviceRequest& request) {
    return (!rule.devices.type || *rule.devices.type == request.type) &&
           (!rule.devices.major || *rule.devices.major == request.major) &&
           (!rule.devices.minor || *rule.devices.minor == request.minor);
}

// In listed order: each kind of access that is asked for is allowed when the last rule about it says so.
inline bool allowed(const std::vector<plan::DeviceRule>& rules, const DeviceRequest& request) {
    for (const int kind : {1, 2, 4}) {
        if ((request.access & kind) == 0) continue;
        bool allow = false;
        for (const plan::DeviceRule& rule : rules) {
            if (speaks_of(rule, request) && (rule.access & kind) != 0) allow = rule.allow;
        }
        if (!allow) return false;
    }
    return true;
}

// Every request about devices that the rules below name, and about one that none names.
inline std::vector<DeviceRequest> all_requests() {
    std::vector<DeviceRequest> requests;
    for (const char type : {'c', 'b'}) {
        for (const std::uint32_t major : {1U, 5U, 8U, 136U}) {
            for (const std::uint32_t minor : {0U, 3U, 7U}) {
                for (std::uint8_t access = 1; access <= 7; ++access) requests.push_back({type, major, minor, access});
            }
        }
    }
    return requests;
}

inline std::vector<plan::DeviceRule> random_rules(std::mt19937& random) {
    const auto one_of = [&random](std::uint32_t count) { return static_cast<std::uint32_t>(random() % count); };
    const auto number = [&](std::uint32_t first, std::uint32_t second) -> std::optional<std::uint32_t> {
        const std::uint32_t choice = one_of(3);
        if (choice == 0) return std::nullopt;
        return choice == 1 ? first : second;
    };
    std::vector<plan::DeviceRule> rules(one_of(7));
    for (plan::DeviceRule& rule : rules) {
        rule.allow = one_of(2) == 1;
        const std::uint32_t type = one_of(4);
        if (type != 0) rule.devices.type = type == 1 ? 'b' : 'c';
        rule.devices.major = number(1, 5);
        rule.devices.minor = number(0, 3);
        rule.access = static_cast<std::uint8_t>(one_of(2) == 0 ? 7 : 1 + one_of(7));
    }
    return rules;
}

inline std::string text_of(const std::vector<plan::DeviceRule>& rules) {
    std::string text;
    for (const plan::DeviceRule& rule : rules) {
        text += (rule.allow ? "allow " : "deny ") + plan::text_of(rule.devices, rule.access) + "\n";
    }
    return text;
}

inline std::string text_of(const DeviceRequest& request) {
    return plan::text_of({.type = request.type, .major = request.major, .minor = request.minor}, request.access);
}

}  // namespace rt::test
