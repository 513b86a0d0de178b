#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace rt::systemd {

/// A socket that a manager of systemd can be reached by.
struct Address {
    std::string path;     ///< of the unix socket
    bool direct = false;  ///< the manager itself listens; otherwise it is a bus with the manager on it

    bool operator==(const Address&) const = default;
};

/// What the environment says of buses; empty: not set.
struct BusEnvironment {
    std::string system_bus;         ///< DBUS_SYSTEM_BUS_ADDRESS
    std::string session_bus;        ///< DBUS_SESSION_BUS_ADDRESS
    std::string runtime_directory;  ///< XDG_RUNTIME_DIR
};

BusEnvironment bus_environment();

/// Where the system's manager may be, in the order of trying. Pure. \throws Error as user_addresses() does
std::vector<Address> system_addresses(const BusEnvironment& environment);
/// Where the manager of a user may be. `uid` is that of the initial user namespace: its directory is taken when
/// XDG_RUNTIME_DIR is not set. Pure. \throws Error: an address of D-Bus is malformed, or none in it is a unix socket with a path
std::vector<Address> user_addresses(const BusEnvironment& environment, uid_t uid);

/// The paths of the unix sockets in a server address of D-Bus (D-Bus specification, "Server Addresses"):
/// "unix:path=/run/user/1000/bus,guid=...;tcp:...". Others are left out. Pure. \throws Error: malformed
std::vector<std::string> socket_paths(const std::string& address, const std::string& runtime_directory);

}  // namespace rt::systemd
