#include "rt/plan/sysctl.hpp"

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/uts_names.hpp"

using namespace rt;

namespace {

plan::Namespaces with(std::initializer_list<NamespaceType> types) {
    plan::Namespaces namespaces;
    for (const NamespaceType type : types) namespaces.created |= clone_flag_of(type);
    return namespaces;
}

plan::Namespaces with_all() {
    return with({NamespaceType::network, NamespaceType::ipc, NamespaceType::uts, NamespaceType::user});
}

plan::UserMappings mapping_groups(const std::vector<spec::IdMapping>& lines) {
    plan::UserMappings mappings;
    mappings.mapped = true;
    mappings.gids = plan::IdMappings::validate(lines, JsonPointer("/linux/gidMappings"));
    mappings.uids = mappings.gids;
    return mappings;
}

spec::Linux setting(const std::map<std::string, std::string>& parameters) {
    spec::Linux section;
    section.sysctl = parameters;
    return section;
}

Failure refusal(const std::map<std::string, std::string>& parameters, const plan::Namespaces& namespaces = with_all(),
                const plan::UserMappings& mappings = {}) {
    return test::refusal_of([&] { plan::plan_sysctl(setting(parameters), namespaces, mappings); });
}

}  // namespace

TEST_CASE("the name of a parameter is a path, as sysctl.d(5) has it", "[plan][sysctl]") {
    struct Row {
        const char* name;
        const char* path;
    };
    for (const Row& row :
         {Row{"net.ipv4.ip_forward", "net/ipv4/ip_forward"}, Row{"net/ipv4/ip_forward", "net/ipv4/ip_forward"},
          Row{"net.ipv4.conf.enp3s0/200.forwarding", "net/ipv4/conf/enp3s0.200/forwarding"},
          Row{"net/ipv4/conf/enp3s0.200/forwarding", "net/ipv4/conf/enp3s0.200/forwarding"}, Row{"kernel", "kernel"},
          Row{"", ""}}) {
        CHECK(plan::sysctl_path(row.name) == row.path);
    }
}

TEST_CASE("a parameter needs the namespace that holds it", "[plan][sysctl]") {
    struct Row {
        const char* name;
        NamespaceType type;
    };
    for (const Row& row :
         {Row{"net.ipv4.ip_forward", NamespaceType::network}, Row{"net.core.somaxconn", NamespaceType::network},
          Row{"net/ipv6/conf/all/forwarding", NamespaceType::network}, Row{"kernel.shmmax", NamespaceType::ipc},
          Row{"kernel.sem", NamespaceType::ipc}, Row{"kernel.msgmni", NamespaceType::ipc},
          Row{"kernel.shm_rmid_forced", NamespaceType::ipc}, Row{"fs.mqueue.msg_max", NamespaceType::ipc},
          Row{"kernel.hostname", NamespaceType::uts}, Row{"kernel.domainname", NamespaceType::uts},
          Row{"user.max_user_namespaces", NamespaceType::user}}) {
        INFO(row.name);
        const auto planned = plan::plan_sysctl(setting({{row.name, "1"}}), with({row.type}), {});
        CHECK(planned.size() == (row.type == NamespaceType::uts ? 0 : 1));  // those are set by sethostname(2)
        plan::Namespaces joined;
        joined.joined = {{.type = row.type, .path = "/run/ns"}};
        CHECK_NOTHROW(plan::plan_sysctl(setting({{row.name, "1"}}), joined, {}));

        plan::Namespaces others = with_all();
        others.created &= ~clone_flag_of(row.type);
        const Failure failure = refusal({{row.name, "1"}}, others);
        CHECK(failure.object == (JsonPointer("/linux/sysctl") / row.name).text());
        CHECK(test::has(failure.hint, concat("{ \"type\": \"", name_of(row.type), "\" }")));
    }
}

TEST_CASE("what belongs to the whole machine is refused", "[plan][sysctl]") {
    for (const char* name :
         {"vm.swappiness", "kernel.core_pattern", "kernel.shmmax2", "kernel.msg", "fs.file-max", "kernel", "network.x",
          "dev.cdrom.lock", "sunrpc.x", "kernel.pid_max", "kernel.hostname.x", "crypto.fips"}) {
        INFO(name);
        const Failure failure = refusal({{name, "1"}});
        CHECK(failure.object == concat("/linux/sysctl/", name));
        CHECK(test::has(failure.reason, "whole machine"));
    }
}

TEST_CASE("a name does not leave its directory", "[plan][sysctl]") {
    for (const std::string& name :
         {std::string("net/../kernel/core_pattern"), std::string("net.//.kernel.core_pattern"),
          std::string("net..ipv4"), std::string("net/"), std::string("net."), std::string("/net/ipv4/x"),
          std::string(".net"), std::string(""), std::string("net/./x"), std::string("net/ipv4/x\0y", 13)}) {
        INFO(name);
        CHECK(test::has(refusal({{name, "1"}}).reason, "no path below /proc/sys"));
    }
}

TEST_CASE("parameters are written in the order of their names, each once", "[plan][sysctl]") {
    const auto planned =
        plan::plan_sysctl(setting({{"net.ipv4.b", "2"}, {"net.ipv4.a", "1 2\t3"}, {"kernel.sem", ""}}), with_all(), {});
    REQUIRE(planned.size() == 3);
    CHECK(planned[0].name == "kernel.sem");
    CHECK(planned[0].value.empty());
    CHECK(planned[1].path == "net/ipv4/a");
    CHECK(planned[1].value == "1 2\t3");
    CHECK(planned[2].value == "2");
    const Failure twice = refusal({{"net.ipv4.a", "1"}, {"net/ipv4/a", "1"}});
    CHECK(twice.object == "/linux/sysctl/net~1ipv4~1a");
    CHECK(test::has(twice.reason, "net.ipv4.a"));
}

TEST_CASE("the groups of ping_group_range are those of the container", "[plan][sysctl]") {
    const char* name = "net.ipv4.ping_group_range";
    const plan::UserMappings one_line = mapping_groups({{0, 100000, 1000}});
    for (const char* value : {"0 999", "0\t999", "1 0", " 5  7 ", "7 7"}) {
        INFO(value);
        CHECK_NOTHROW(plan::plan_sysctl(setting({{name, value}}), with_all(), one_line));
    }
    const Failure outside = refusal({{name, "0 2147483647"}}, with_all(), one_line);
    CHECK(outside.object == concat("/linux/sysctl/", name));
    CHECK(test::has(outside.reason, "group 2147483647 does not exist"));
    CHECK(test::has(outside.reason, "0-999"));
    CHECK(test::has(refusal({{name, "0 x"}}, with_all(), one_line).reason, "group x"));
    // Upside down on the host.
    const plan::UserMappings crossed = mapping_groups({{0, 200000, 10}, {10, 100000, 10}});
    CHECK(test::has(refusal({{name, "0 19"}}, with_all(), crossed).reason, "200000 and 100009"));
    CHECK_NOTHROW(plan::plan_sysctl(setting({{name, "0 9"}}), with_all(), crossed));
    // Without a user namespace every group exists.
    CHECK_NOTHROW(plan::plan_sysctl(setting({{name, "0 2147483647"}}), with_all(), {}));
}

TEST_CASE("host and domain name come from the members or from the parameters", "[plan][uts]") {
    const plan::Namespaces uts = with({NamespaceType::uts});
    spec::Spec config;
    CHECK_FALSE(plan::plan_uts_names(config, {}).host.has_value());
    config.hostname = "";
    config.domainname = "d.example";
    CHECK(plan::plan_uts_names(config, uts).host == "");
    CHECK(plan::plan_uts_names(config, uts).domain == "d.example");
    config.hostname.reset();
    config.linux.sysctl = {{"kernel.hostname", "h"}, {"kernel.domainname", "d.example"}};
    CHECK(plan::plan_uts_names(config, uts).host == "h");
    CHECK(plan::plan_uts_names(config, uts).domain == "d.example");
}

TEST_CASE("names of the uts namespace that cannot be set are refused", "[plan][uts]") {
    const plan::Namespaces uts = with({NamespaceType::uts});
    const auto refused = [](const spec::Spec& config, const plan::Namespaces& namespaces) {
        return test::refusal_of([&] { plan::plan_uts_names(config, namespaces); });
    };
    spec::Spec config;
    config.hostname = "h";
    CHECK(refused(config, {}).object == "/hostname");
    CHECK(test::has(refused(config, {}).hint, "{ \"type\": \"uts\" }"));
    config.linux.sysctl = {{"kernel/hostname", "other"}};
    CHECK(refused(config, uts).object == "/linux/sysctl/kernel~1hostname");
    CHECK(test::has(refused(config, uts).reason, "it is 'other', and /hostname says 'h'"));

    config = {};
    config.domainname = "d";
    CHECK(refused(config, {}).object == "/domainname");
    config.domainname = std::string(64, 'd');
    CHECK(plan::plan_uts_names(config, uts).domain->size() == 64);
    config.domainname = std::string(65, 'd');
    CHECK(test::has(refused(config, uts).reason, "65 bytes"));

    config = {};
    config.linux.sysctl = {{"kernel.domainname", "a"}, {"kernel/domainname", "b"}};
    CHECK(test::has(refused(config, uts).reason, "/linux/sysctl/kernel.domainname says 'a'"));
    config.linux.sysctl = {{"kernel.domainname", "a"}};
    CHECK(refused(config, {}).object == "/linux/sysctl/kernel.domainname");
}
