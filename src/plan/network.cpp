#include "rt/plan/network.hpp"

#include <linux/capability.h>
#include <net/if.h>

#include <algorithm>
#include <cctype>

#include "rt/base/error.hpp"
#include "rt/base/json_pointer.hpp"
#include "rt/base/text.hpp"

namespace rt::plan {

namespace {

JsonPointer net_devices() { return JsonPointer("/linux/netDevices"); }

[[noreturn]] void refuse_name(const std::string& name, const JsonPointer& where, std::string_view why) {
    fail("use the network device at", where.text(), concat("'", printable(name), "' is no name for one: ", why));
}

// What the kernel takes as a name (net/core/dev.c, dev_valid_name).
void check_name(const std::string& name, const JsonPointer& where) {
    if (name.empty()) refuse_name(name, where, "it is empty");
    if (name.size() >= IFNAMSIZ) refuse_name(name, where, concat("it has more than ", IFNAMSIZ - 1, " bytes"));
    if (name == "." || name == "..") refuse_name(name, where, "it is one of the names '.' and '..'");
    const auto refused = [](unsigned char c) { return c == '\0' || c == '/' || c == ':' || std::isspace(c) != 0; };
    if (std::ranges::any_of(name, refused)) refuse_name(name, where, "it holds a '/', a ':' or white space");
}

void check_new_name(const std::string& name, const JsonPointer& where) {
    check_name(name, where);
    const std::size_t percent = name.find('%');
    if (percent == std::string::npos) return;
    if (name.compare(percent, 2, "%d") != 0 || name.find('%', percent + 1) != std::string::npos) {
        refuse_name(name, where, "a '%' is only for one \"%d\", which stands for a number that the kernel chooses");
    }
}

NetDevice plan_device(const spec::NetDevice& device, const JsonPointer& where) {
    check_name(device.host_name, where);
    if (device.host_name == "lo") {
        fail("use the network device at", where.text(), "the loopback device of a network namespace cannot leave it");
    }
    if (!device.name.empty()) check_new_name(device.name, where / "name");
    return {.where = where.text(),
            .host_name = device.host_name,
            .name = device.name.empty() ? device.host_name : device.name};
}

void require_distinct_names(const std::vector<NetDevice>& devices) {
    for (auto device = devices.begin(); device != devices.end(); ++device) {
        if (device->is_template()) continue;
        const auto earlier =
            std::find_if(devices.begin(), device, [&](const NetDevice& other) { return other.name == device->name; });
        if (earlier == device) continue;
        fail(
            "use the network device at", device->where,
            concat("it would be called '", device->name, "' in the container, and so would '", earlier->host_name, "'"),
            "give it another name, or one with %d");
    }
}

void require_rights(const Namespaces& namespaces, const host::Facts& facts) {
    if (!namespaces.has(NamespaceType::network)) {
        const MissingNamespace missing = namespaces.missing(NamespaceType::network);
        fail("move the network devices of", net_devices().text(), missing.reason, missing.hint);
    }
    if (facts.has_capability(CAP_NET_ADMIN) && facts.has_capability(CAP_SYS_ADMIN)) return;
    fail("move the network devices of", net_devices().text(),
         "taking a device away from the host needs CAP_NET_ADMIN, and reaching the container's network namespace "
         "CAP_SYS_ADMIN: an ordinary user has neither",
         "run rt as root");
}

// In a user namespace of its own init has every capability.
bool may_set_loopback_up(const Namespaces& namespaces, const host::Facts& facts) {
    return namespaces.has(NamespaceType::user) || facts.has_capability(CAP_NET_ADMIN);
}

}  // namespace

Network plan_network(const spec::Linux& linux_section, const Namespaces& namespaces, const host::Facts& facts,
                     std::vector<std::string>& warnings) {
    Network network;
    if (namespaces.creates(NamespaceType::network)) {
        network.loopback_up = may_set_loopback_up(namespaces, facts);
        if (!network.loopback_up) {
            warnings.emplace_back(
                "the loopback device of the new network namespace stays down: rt has no CAP_NET_ADMIN");
        }
    }
    if (linux_section.net_devices.empty()) return network;
    for (const spec::NetDevice& device : linux_section.net_devices) {
        network.devices.push_back(plan_device(device, net_devices() / device.host_name));
    }
    require_rights(namespaces, facts);
    require_distinct_names(network.devices);
    return network;
}

}  // namespace rt::plan
