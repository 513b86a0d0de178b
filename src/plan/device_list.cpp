#include "rt/plan/device_list.hpp"

#include <algorithm>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

struct Exception {
    DeviceSet devices;
    std::uint8_t access = 0;
};

template <class Value>
bool overlaps(const std::optional<Value>& left, const std::optional<Value>& right) {
    return !left || !right || left == right;
}

std::optional<DeviceSet> intersection(const DeviceSet& left, const DeviceSet& right) {
    if (!overlaps(left.type, right.type) || !overlaps(left.major, right.major) || !overlaps(left.minor, right.minor)) {
        return std::nullopt;
    }
    return DeviceSet{.type = left.type ? left.type : right.type,
                     .major = left.major ? left.major : right.major,
                     .minor = left.minor ? left.minor : right.minor};
}

// Rules become exceptions one by one, in listed order.
class ListBuilder {
public:
    void add(const DeviceRule& rule) {
        if (rule.devices == DeviceSet{} && rule.access == device_access::all) {
            allow_ = rule.allow;
            exceptions_.clear();
            return;
        }
        if (rule.devices.type) return add_typed(rule, rule.devices);
        // An exception of type 'a' would mean all devices, whatever its numbers are.
        for (const char type : {'c', 'b'}) {
            add_typed(rule, {.type = type, .major = rule.devices.major, .minor = rule.devices.minor});
        }
    }

    DeviceList list() const {
        DeviceList list{.allow = allow_, .exceptions = {}};
        for (const Exception& exception : exceptions_) {
            list.exceptions.push_back(text_of(exception.devices, exception.access));
        }
        return list;
    }

private:
    void add_typed(const DeviceRule& rule, const DeviceSet& devices) {
        if (rule.allow == allow_) {
            take_back(rule, devices);
        } else {
            except(devices, rule.access);
        }
    }

    // The kernel allows a device when a single exception names all kinds of access that are asked for (denies it when one
    // names any of them), so where exceptions overlap the narrower one has to name what the wider one does.
    void except(const DeviceSet& devices, std::uint8_t access) {
        const std::vector<Exception> before = exceptions_;
        merge(devices, access);
        for (const Exception& other : before) {
            const std::optional<DeviceSet> common = intersection(other.devices, devices);
            const auto both = static_cast<std::uint8_t>(other.access | access);
            if (common && (*common != devices || both != access)) merge(*common, both);
        }
    }

    void merge(const DeviceSet& devices, std::uint8_t access) {
        const auto same = std::ranges::find(exceptions_, devices, &Exception::devices);
        if (same != exceptions_.end()) {
            same->access |= access;
        } else {
            exceptions_.push_back({devices, access});
        }
    }

    void take_back(const DeviceRule& rule, const DeviceSet& devices) {
        for (Exception& exception : exceptions_) {
            if ((exception.access & rule.access) == 0 || !intersection(exception.devices, devices)) continue;
            if (!devices.contains(exception.devices)) {
                fail(concat(rule.allow ? "allow" : "deny", " the devices"), text_of(rule.devices, rule.access),
                     concat("cgroup v1 cannot except a part of what an earlier rule ", rule.allow ? "denies" : "allows",
                            " (", text_of(exception.devices, exception.access), ")"),
                     "list the devices that are allowed one by one in /linux/resources/devices, after one rule that "
                     "denies all");
            }
            exception.access &= static_cast<std::uint8_t>(~rule.access);
        }
        std::erase_if(exceptions_, [](const Exception& exception) { return exception.access == 0; });
    }

    bool allow_ = false;
    std::vector<Exception> exceptions_;
};

}  // namespace

DeviceList plan_device_list(const std::vector<DeviceRule>& rules) {
    ListBuilder builder;
    for (const DeviceRule& rule : rules) builder.add(rule);
    return builder.list();
}

}  // namespace rt::plan
