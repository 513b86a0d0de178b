// The published examples of the OCI spec load or fail as they should.
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "config.hpp"
#include "rt/spec/reader.hpp"

namespace {

std::string example(const std::string& name) {
    std::ifstream file(RT_SOURCE_DIR "/tests/unit/spec/data/" + name);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string as_version_1(std::string text) {
    const std::string old = "\"0.5.0-dev\"";
    return text.replace(text.find(old), old.size(), "\"1.0.0\"");
}

}  // namespace

TEST_CASE("the minimal examples load", "[spec]") {
    for (const std::string name :
         {"minimal", "minimal-for-start", "freebsd-minimal", "zos-minimal", "linux-netdevice", "linux-rdma"}) {
        CAPTURE(name);
        const rt::spec::Spec spec = rt::spec::read(example(name + ".json"), name);
        CHECK(spec.root.path == "rootfs");
        CHECK(spec.process.has_value() == (name == "minimal-for-start"));
    }
    // The schema refuses this one for FreeBSD's part, which is ignored on Linux.
    CHECK_NOTHROW(rt::spec::read(example("bad/freebsd-vnet-disable.json"), "bad"));
}

TEST_CASE("the other examples fail at the right place", "[spec]") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"spec-example.json", "/ociVersion"},
        {"zos-example.json", "/ociVersion"},
        {"freebsd-example.json", "/process/user"},
        {"bad/linux-netdevice.json", "/linux/netDevices/eth0/name"},
        {"bad/linux-rdma.json", "/linux/resources/rdma/mlx5_1/hcaHandles"},
        {"bad/linux-hugepage.json", "/linux/resources/hugepageLimits/0/pageSize"},
    };
    for (const auto& [name, place] : cases) {
        CAPTURE(name);
        CHECK(rt::test::failure_of_reading(example(name)).object == place);
    }
    CHECK(rt::test::failure_of_reading(example("bad/invalid-json.json")).reason ==
          "line 1, column 2: invalid JSON: unexpected ']'; expected a key in double quotes");
    CHECK_NOTHROW(rt::spec::read(as_version_1(example("spec-example.json")), "spec-example.json"));
}
