// Large configs are planned right or refused in a short message. That the time grows in proportion is measured by hand.
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/base/error.hpp"
#include "rt/base/text.hpp"
#include "rt/plan/plan.hpp"
#include "rt/spec/default_config.hpp"
#include "rt/spec/reader.hpp"

using namespace rt;
using nlohmann::json;

namespace {

plan::Plan plan_of(const json& config) {
    host::Facts facts;
    facts.known_capabilities = (std::uint64_t{1} << 41) - 1;
    facts.capabilities = facts.bounding = facts.known_capabilities;
    host::CgroupLayout layout;
    layout.may_set_device_rules = true;
    layout.hierarchies.push_back({.mount_point = "/sys/fs/cgroup", .unified = true});
    return plan::make_plan(spec::read(config.dump(), "config.json"), {.id = "large", .bundle = "/bundle"}, facts,
                           layout);
}

Failure refusal_of(const json& config) {
    try {
        plan_of(config);
    } catch (const Error& error) {
        CHECK(std::string(error.what()).size() < 100000);
        return error.failure();
    }
    return {.doing = "nothing: accepted"};
}

json default_config() { return json::parse(spec::default_config({})); }

json mapping(unsigned container, unsigned host, unsigned size) {
    return {{"containerID", container}, {"hostID", host}, {"size", size}};
}

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("5000 mounts of three kinds are planned in listed order", "[plan][large]") {
    json config = default_config();
    const std::size_t customary = config["mounts"].size();
    for (int i = 0; i < 5000; ++i) {
        const std::string name = "/data/" + std::to_string(i);
        if (i % 3 == 0) config["mounts"].push_back({{"destination", name}, {"type", "tmpfs"}, {"source", "tmpfs"}});
        if (i % 3 == 1) {
            config["mounts"].push_back(
                {{"destination", name}, {"source", "/srv" + name}, {"options", {"rbind", "ro"}}});
        }
        if (i % 3 == 2) config["mounts"].push_back({{"destination", "/same"}, {"source", "."}, {"options", {"bind"}}});
    }
    const plan::Plan plan = plan_of(config);
    REQUIRE(plan.rootfs.mounts.size() == customary + 5000);
    CHECK(plan.rootfs.mounts[customary].destination == "/data/0");
    CHECK(plan.rootfs.mounts.back().destination == "/data/4999");
}

TEST_CASE("10000 entries of the environment stay, and of equal names the last", "[plan][large]") {
    json config = default_config();
    for (int i = 0; i < 10000; ++i) {
        config["process"]["env"].push_back("NAME_" + std::to_string(i) + "=" + std::string(50, 'x'));
        config["process"]["env"].push_back("SAME=" + std::to_string(i));
    }
    const plan::Plan plan = plan_of(config);
    const std::vector<std::string>& environment = plan.process.value().env;
    CHECK(std::ranges::count_if(environment, [](const auto& entry) { return entry.starts_with("NAME_"); }) == 10000);
    CHECK(std::ranges::count_if(environment, [](const auto& entry) { return entry.starts_with("SAME="); }) == 1);
    CHECK(std::ranges::find(environment, "SAME=9999") != environment.end());
}

TEST_CASE("340 mappings are the most that there can be", "[plan][large]") {
    json config = default_config();
    config["linux"]["namespaces"].push_back({{"type", "user"}});
    config["linux"]["gidMappings"].push_back(mapping(0, 100000, 65536));
    for (unsigned i = 0; i < 340; ++i) config["linux"]["uidMappings"].push_back(mapping(i, 1000 + 2 * i, 1));
    CHECK(plan_of(config).mappings.uids.entries().size() == 340);
    for (unsigned i = 340; i < 100000; ++i) config["linux"]["uidMappings"].push_back(mapping(i, 1000 + 2 * i, 1));
    CHECK(refusal_of(config).object.starts_with("/linux/uidMappings"));
}

TEST_CASE("10000 masked paths, limits, capabilities and device rules", "[plan][large]") {
    json config = default_config();
    for (int i = 0; i < 10000; ++i) {
        config["linux"]["maskedPaths"].push_back("/proc/" + std::to_string(i % 5000));
        config["process"]["capabilities"]["bounding"].push_back("CAP_KILL");
        config["linux"]["resources"]["devices"].push_back({{"allow", i % 2 == 0}, {"type", "c"}, {"major", i % 4096}});
    }
    const plan::Plan plan = plan_of(config);
    CHECK(plan.rootfs.masked_paths.size() >= 5000);
    CHECK(plan.rootfs.masked_paths.size() < 5100);
    for (int i = 0; i < 10000; ++i) {
        config["process"]["rlimits"].push_back({{"type", "RLIMIT_CORE"}, {"soft", 0}, {"hard", 0}});
    }
    CHECK(refusal_of(config).object == "/process/rlimits/2");
}

TEST_CASE("a string of 16 MiB is taken where it may stand, and a long one never repeated in a message",
          "[plan][large]") {
    std::string text(std::size_t{16} << 20, 'x');
    json config = default_config();
    config["annotations"]["large"] = text;
    CHECK(plan_of(config).annotations.at("large").size() == text.size());
    text.resize(std::size_t{1} << 20);
    for (const std::string place :
         {"/ociVersion", "/hostname", "/domainname", "/process/cwd", "/root/readonly", "/process/user/uid",
          "/process/rlimits/0/type", "/linux/namespaces/0/type", "/linux/maskedPaths/0", "/linux/rootfsPropagation",
          "/linux/cgroupsPath", "/mounts/1/options/0", "/linux/resources/devices/0/access"}) {
        CAPTURE(place);
        json wrong = default_config();
        wrong[json::json_pointer(place)] = text;
        refusal_of(wrong);
    }
}

TEST_CASE("nesting of any depth is read, and a wrong value in the middle of it refused", "[plan][large]") {
    const std::string config = default_config().dump();
    for (const int depth : {1000, 100000}) {
        CAPTURE(depth);
        for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
            const std::string nested = repeated(open, depth) + "1" + repeated(close, depth);
            std::string text = config;
            CHECK_NOTHROW(spec::read(text.insert(1, "\"unknown\":" + nested + ","), "config.json"));
            for (const std::string key : {"hostname", "hooks", "annotations"}) {
                std::string wrong = config;
                json changed = default_config();
                changed.erase(key);
                wrong = changed.dump();
                try {
                    spec::read(wrong.insert(1, concat("\"", key, "\":", nested, ",")), "config.json");
                    // {"a": ...} is an unknown kind of hook.
                    CHECK((key == "hooks" && open == std::string("{\"a\":")));
                } catch (const Error& error) {
                    CHECK(error.failure().object.starts_with("/" + key));
                    CHECK(std::string(error.what()).size() < 1000);
                }
            }
        }
    }
}
