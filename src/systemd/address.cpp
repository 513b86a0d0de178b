#include "rt/systemd/address.hpp"

#include <charconv>
#include <cstdlib>

#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

namespace rt::systemd {

namespace {

[[noreturn]] void refuse(const std::string& address, const std::string& reason) {
    fail("use the address of the bus", printable(address), reason,
         "it is in DBUS_SESSION_BUS_ADDRESS or DBUS_SYSTEM_BUS_ADDRESS: \"unix:path=/run/user/1000/bus\"");
}

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string unescape(const std::string& value, const std::string& address) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] != '%') {
            text += value[i];
            continue;
        }
        unsigned byte = 0;
        constexpr int hexadecimal = 16;
        const char* digits = value.data() + i + 1;
        const bool complete = value.size() - i > 2;
        if (!complete || std::from_chars(digits, digits + 2, byte, hexadecimal).ptr != digits + 2 || byte == 0)
            refuse(address, "a '%' in it is not followed by two hexadecimal digits");
        text += static_cast<char>(byte);
        i += 2;
    }
    return text;
}

// The path of one entry; empty when it is none of a socket with a path.
std::string path_of(const std::string& entry, const std::string& address, const std::string& runtime_directory) {
    const std::size_t colon = entry.find(':');
    if (colon == std::string::npos) refuse(address, "a transport with a colon is missing");
    if (entry.substr(0, colon) != "unix") return {};
    for (const std::string& pair : split(entry.substr(colon + 1), ',')) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos) refuse(address, "a '=' is missing");
        const std::string key = pair.substr(0, equals);
        std::string value = unescape(pair.substr(equals + 1), address);
        if (key == "path" && !value.starts_with('/')) refuse(address, "the path in it is not absolute");
        if (key == "path") return value;
        if (key == "runtime" && value == "yes" && !runtime_directory.empty()) return runtime_directory + "/bus";
    }
    return {};
}

void add_buses(std::vector<Address>& addresses, const std::string& address, const std::string& runtime_directory) {
    const std::vector<std::string> paths = socket_paths(address, runtime_directory);
    if (paths.empty()) refuse(address, "it names no unix socket with a path");
    for (const std::string& path : paths) addresses.push_back({.path = path});
}

}  // namespace

BusEnvironment bus_environment() {
    return {.system_bus = from_environment("DBUS_SYSTEM_BUS_ADDRESS"),
            .session_bus = from_environment("DBUS_SESSION_BUS_ADDRESS"),
            .runtime_directory = from_environment("XDG_RUNTIME_DIR")};
}

std::vector<std::string> socket_paths(const std::string& address, const std::string& runtime_directory) {
    std::vector<std::string> paths;
    for (const std::string& entry : split(address, ';')) {
        if (entry.empty()) continue;
        std::string path = path_of(entry, address, runtime_directory);
        if (!path.empty()) paths.push_back(std::move(path));
    }
    return paths;
}

std::vector<Address> system_addresses(const BusEnvironment& environment) {
    std::vector<Address> addresses;
    if (!environment.system_bus.empty()) {
        add_buses(addresses, environment.system_bus, environment.runtime_directory);
        return addresses;
    }
    return {{.path = "/run/dbus/system_bus_socket"}, {.path = "/run/systemd/private", .direct = true}};
}

std::vector<Address> user_addresses(const BusEnvironment& environment, uid_t uid) {
    std::vector<Address> addresses;
    if (!environment.session_bus.empty()) add_buses(addresses, environment.session_bus, environment.runtime_directory);
    const std::string directory =
        environment.runtime_directory.starts_with('/') ? environment.runtime_directory : concat("/run/user/", uid);
    if (addresses.empty()) addresses.push_back({.path = directory + "/bus"});
    addresses.push_back({.path = directory + "/systemd/private", .direct = true});
    return addresses;
}

}  // namespace rt::systemd
