#include "rt/systemd/address.hpp"

#include "catch.hpp"
#include "rt/base/error.hpp"

using namespace rt;
using systemd::Address;

namespace {

using Names = std::vector<std::string>;

std::string refusal_of(const std::string& address) {
    try {
        systemd::user_addresses({.session_bus = address}, 1000);
    } catch (const Error& error) {
        return error.failure().reason;
    }
    return "nothing: accepted";
}

}  // namespace

TEST_CASE("the sockets in an address of D-Bus", "[systemd][address]") {
    const std::vector<std::pair<std::string, Names>> cases{
        {"unix:path=/run/user/1000/bus", {"/run/user/1000/bus"}},
        {"unix:path=/run/bus,guid=0123456789abcdef", {"/run/bus"}},
        {"unix:guid=01,path=/run/bus", {"/run/bus"}},
        {"unix:path=/tmp/a%20b%2cc", {"/tmp/a b,c"}},
        {"unix:path=/a;unix:path=/b;", {"/a", "/b"}},
        {"tcp:host=localhost,port=1;unix:path=/b", {"/b"}},
        {"unix:abstract=/tmp/dbus-x;unix:runtime=yes", {"/run/user/7/bus"}},
        {"unix:runtime=no", {}},
    };
    for (const auto& [address, paths] : cases) {
        INFO(address);
        CHECK(systemd::socket_paths(address, "/run/user/7") == paths);
    }
}

TEST_CASE("addresses that are refused", "[systemd][address]") {
    CHECK(refusal_of("/run/bus") == "a transport with a colon is missing");
    CHECK(refusal_of("unix:/run/bus") == "a '=' is missing");
    CHECK(refusal_of("unix:path=run/bus") == "the path in it is not absolute");
    CHECK(refusal_of("unix:path=/a%2").find("'%'") != std::string::npos);
    CHECK(refusal_of("unix:path=/a%zz").find("'%'") != std::string::npos);
    CHECK(refusal_of("unix:path=/a%00").find("'%'") != std::string::npos);
    CHECK(refusal_of("tcp:host=x") == "it names no unix socket with a path");
}

TEST_CASE("where the managers are looked for", "[systemd][address]") {
    CHECK(systemd::system_addresses({}) ==
          std::vector<Address>{{"/run/dbus/system_bus_socket", false}, {"/run/systemd/private", true}});
    CHECK(systemd::system_addresses({.system_bus = "unix:path=/x", .session_bus = "unix:path=/y"}) ==
          std::vector<Address>{{"/x", false}});
    CHECK(systemd::user_addresses({}, 1000) ==
          std::vector<Address>{{"/run/user/1000/bus", false}, {"/run/user/1000/systemd/private", true}});
    CHECK(systemd::user_addresses({.session_bus = "unix:path=/s", .runtime_directory = "/r"}, 1000) ==
          std::vector<Address>{{"/s", false}, {"/r/systemd/private", true}});
}
