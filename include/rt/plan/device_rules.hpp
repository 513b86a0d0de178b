#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rt/spec/linux.hpp"

namespace rt::plan {

/// What a device rule speaks of; the values are those of the kernel's v2 interface (linux/bpf.h, BPF_DEVCG_ACC_*).
namespace device_access {
inline constexpr std::uint8_t make_node = 1;
inline constexpr std::uint8_t read = 2;
inline constexpr std::uint8_t write = 4;
inline constexpr std::uint8_t all = make_node | read | write;
}  // namespace device_access

/// How the kernel packs a device number (include/linux/kdev_t.h): 12 bits and 20 bits.
inline constexpr std::uint32_t largest_device_major = (1U << 12) - 1;
inline constexpr std::uint32_t largest_device_minor = (1U << 20) - 1;

/// The devices that a rule is about; what is absent means all.
struct DeviceSet {
    std::optional<char> type;  ///< 'c' or 'b'
    std::optional<std::uint32_t> major;
    std::optional<std::uint32_t> minor;

    bool contains(const DeviceSet& other) const noexcept;
    bool operator==(const DeviceSet&) const = default;
};

/// One rule, checked.
struct DeviceRule {
    bool allow = false;
    DeviceSet devices;
    std::uint8_t access = device_access::all;  ///< of device_access, at least one

    bool operator==(const DeviceRule&) const = default;
};

/// The rules of the config in listed order, then those that every container has (null, zero, full, random, urandom, tty,
/// ptmx, pts; making nodes). What no rule speaks of is denied, also with an empty list (GHSA-g54h-m393-cpwq). The last rule
/// that speaks of a device and a kind of access decides. Pure. \throws Error with the pointer /linux/resources/devices/I/...
std::vector<DeviceRule> plan_device_rules(const std::vector<spec::DeviceRule>& listed);

/// Whether the rules deny nothing at all, so that none need to be set.
bool allows_everything(const std::vector<DeviceRule>& rules) noexcept;

/// "c 1:3 rwm", "b *:* m": as messages and the v1 files have it. Without a type it is 'a'.
std::string text_of(const DeviceSet& devices, std::uint8_t access);

}  // namespace rt::plan
