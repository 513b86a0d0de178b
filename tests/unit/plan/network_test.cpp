#include "rt/plan/network.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"

using namespace rt;

namespace {

constexpr std::uint64_t net_admin = 1U << 12;  // capabilities(7)
constexpr std::uint64_t sys_admin = 1U << 21;

plan::Namespaces with(std::initializer_list<NamespaceType> types) {
    plan::Namespaces namespaces;
    for (const NamespaceType type : types) namespaces.created |= clone_flag_of(type);
    return namespaces;
}

plan::Network plan_it(const std::vector<spec::NetDevice>& devices, std::uint64_t capabilities = net_admin | sys_admin,
                      const plan::Namespaces& namespaces = with({NamespaceType::network})) {
    std::vector<std::string> warnings;
    spec::Linux section;
    section.net_devices = devices;
    return plan::plan_network(section, namespaces, {.capabilities = capabilities}, warnings);
}

template <class... Arguments>
Failure refusal(Arguments... arguments) {
    return test::refusal_of([&] { plan_it(arguments...); });
}

}  // namespace

TEST_CASE("a new network namespace gets its loopback device up, if the caller may", "[plan][network]") {
    struct Row {
        plan::Namespaces namespaces;
        std::uint64_t capabilities;
        bool up;
        std::size_t warnings;
    };
    plan::Namespaces joined;
    joined.joined = {{.type = NamespaceType::network, .path = "/ns"}};
    for (const Row& row :
         {Row{with({NamespaceType::network}), net_admin, true, 0}, Row{with({NamespaceType::network}), 0, false, 1},
          Row{with({NamespaceType::network, NamespaceType::user}), 0, true, 0}, Row{with({}), net_admin, false, 0},
          Row{joined, net_admin, false, 0}}) {
        std::vector<std::string> warnings;
        CHECK(plan::plan_network({}, row.namespaces, {.capabilities = row.capabilities}, warnings).loopback_up ==
              row.up);
        CHECK(warnings.size() == row.warnings);
    }
}

TEST_CASE("network devices move under their own name or another one", "[plan][network]") {
    const plan::Network network = plan_it({{.host_name = "eth0", .name = {}},
                                           {.host_name = "eth1", .name = "c%d"},
                                           {.host_name = "eth2", .name = "eth1"}});
    REQUIRE(network.devices.size() == 3);
    CHECK(network.devices[0].name == "eth0");
    CHECK_FALSE(network.devices[0].is_template());
    CHECK(network.devices[1].is_template());
    CHECK(network.devices[2].name == "eth1");
    CHECK(network.devices[2].where == "/linux/netDevices/eth2");
}

TEST_CASE("names that the kernel would not take are refused", "[plan][network]") {
    const auto refused = [](const std::string& name) { return refusal(std::vector<spec::NetDevice>{{"eth0", name}}); };
    CHECK_NOTHROW(plan_it({{"fifteen-bytes-x", "fifteen-bytes-y"}}));
    CHECK_NOTHROW(plan_it({{"eth0", "%d"}}));
    for (const char* name :
         {"sixteen-bytes-xy", ".", "..", "a/b", "a b", "a\tb", "a:b", "%", "%s", "a%dd%d", "a%", "%%d"}) {
        INFO(name);
        CHECK(refused(name).object == "/linux/netDevices/eth0/name");
    }
    for (const std::string& name :
         {std::string("sixteen-bytes-xy"), std::string(""), std::string("a/b"), std::string("a\0b", 3)}) {
        INFO(name);
        CHECK(test::has(refusal(std::vector<spec::NetDevice>{{name, "x"}}).object, "/linux/netDevices/"));
    }
    CHECK(test::has(refusal(std::vector<spec::NetDevice>{{"lo", "x"}}).reason, "loopback"));
}

TEST_CASE("two devices for one name are refused, unless the kernel chooses", "[plan][network]") {
    const Failure failure = refusal(std::vector<spec::NetDevice>{{"a", "c"}, {"b", "c"}});
    CHECK(failure.object == "/linux/netDevices/b");
    CHECK(test::has(failure.reason, "so would 'a'"));
    CHECK(refusal(std::vector<spec::NetDevice>{{"a", ""}, {"b", "a"}}).object == "/linux/netDevices/b");
    CHECK_NOTHROW(plan_it({{"a", "c%d"}, {"b", "c%d"}}));
    CHECK_NOTHROW(plan_it({{"a", "b"}, {"b", "a"}}));
}

TEST_CASE("network devices need a network namespace, and rights over both", "[plan][network]") {
    const std::vector<spec::NetDevice> devices{{"eth0", ""}};
    CHECK(test::has(refusal(devices, net_admin | sys_admin, with({NamespaceType::user})).hint,
                    "{ \"type\": \"network\" }"));
    const plan::Namespaces both = with({NamespaceType::network, NamespaceType::user});
    for (const std::uint64_t capabilities : {std::uint64_t{0}, net_admin, sys_admin}) {
        const Failure failure = refusal(devices, capabilities, both);
        CHECK(failure.object == "/linux/netDevices");
        CHECK(test::has(failure.reason, "CAP_NET_ADMIN"));
        CHECK(failure.hint == "run rt as root");
    }
    CHECK_NOTHROW(plan_it(devices, net_admin | sys_admin, both));
}
