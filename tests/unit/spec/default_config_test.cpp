#include "rt/spec/default_config.hpp"

#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "log_capture.hpp"
#include "rt/spec/reader.hpp"

namespace {

using rt::NamespaceType;
using rt::spec::default_config;
using rt::spec::Mount;
using rt::spec::Spec;
using Strings = std::vector<std::string>;

rt::spec::DefaultConfigOptions rootless(std::uint32_t uid = 1000, std::uint32_t gid = 100) {
    return {.rootless = true, .uids = {{0, uid, 1}}, .gids = {{0, gid, 1}}};
}

Spec read_back(const rt::spec::DefaultConfigOptions& options) {
    const rt::test::LogCapture log;
    Spec spec = rt::spec::read(default_config(options), "config.json");
    CHECK(log.text().empty());
    return spec;
}

std::vector<NamespaceType> types_of(const Spec& spec) {
    std::vector<NamespaceType> types;
    for (const rt::spec::Namespace& entry : spec.linux.namespaces) {
        CHECK_FALSE(entry.path.has_value());
        types.push_back(entry.type);
    }
    return types;
}

Strings destinations_of(const Spec& spec) {
    Strings destinations;
    for (const Mount& mount : spec.mounts) destinations.push_back(mount.destination);
    return destinations;
}

Mount mount_on(const Spec& spec, const std::string& destination) {
    const auto mount = std::find_if(spec.mounts.begin(), spec.mounts.end(),
                                    [&](const Mount& candidate) { return candidate.destination == destination; });
    REQUIRE(mount != spec.mounts.end());
    return *mount;
}

}  // namespace

TEST_CASE("the default process is a restricted shell on a terminal", "[spec]") {
    for (const auto& options : {rt::spec::DefaultConfigOptions(), rootless()}) {
        const Spec spec = read_back(options);
        CHECK(spec.oci_version == "1.3.0");
        const rt::spec::Process& process = spec.process.value();
        CHECK(process.terminal);
        CHECK(process.args == Strings{"sh"});
        CHECK(process.user.uid == 0);
        CHECK(process.user.gid == 0);
        CHECK(process.cwd == "/");
        CHECK(process.no_new_privileges);
        const rt::spec::Capabilities& sets = process.capabilities.value();
        const Strings customary{"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
        CHECK(sets.bounding == customary);
        CHECK(sets.effective == customary);
        CHECK(sets.permitted == customary);
        CHECK(sets.inheritable.empty());
        CHECK(sets.ambient.empty());
        REQUIRE(process.rlimits.size() == 1);
        CHECK(process.rlimits[0].type == "RLIMIT_NOFILE");
        CHECK(process.rlimits[0].soft == 1024);
        CHECK(spec.root.path == "rootfs");
        CHECK(spec.root.readonly);
        CHECK(spec.linux.masked_paths.size() == 11);
        CHECK(spec.linux.readonly_paths.size() == 5);
    }
}

TEST_CASE("the default config isolates everything but the users", "[spec]") {
    const Spec spec = read_back({});
    CHECK(types_of(spec) == std::vector<NamespaceType>{NamespaceType::pid, NamespaceType::network, NamespaceType::ipc,
                                                       NamespaceType::uts, NamespaceType::mount,
                                                       NamespaceType::cgroup});
    CHECK(destinations_of(spec) ==
          Strings{"/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"});
    CHECK(mount_on(spec, "/dev/pts").options.back() == "gid=5");
    CHECK(mount_on(spec, "/sys").type == "sysfs");
    REQUIRE(spec.linux.resources.devices.size() == 1);
    CHECK_FALSE(spec.linux.resources.devices[0].allow);
    CHECK(spec.linux.uid_mappings.empty());
}

TEST_CASE("the rootless config maps the caller and asks for nothing that needs privileges", "[spec]") {
    const Spec spec = read_back(rootless(1000, 4294967294U));
    CHECK(types_of(spec) == std::vector<NamespaceType>{NamespaceType::pid, NamespaceType::ipc, NamespaceType::uts,
                                                       NamespaceType::mount, NamespaceType::cgroup,
                                                       NamespaceType::user});
    REQUIRE(spec.linux.uid_mappings.size() == 1);
    CHECK(spec.linux.uid_mappings[0].container_id == 0);
    CHECK(spec.linux.uid_mappings[0].host_id == 1000);
    CHECK(spec.linux.uid_mappings[0].size == 1);
    REQUIRE(spec.linux.gid_mappings.size() == 1);
    CHECK(spec.linux.gid_mappings[0].host_id == 4294967294U);
    CHECK(mount_on(spec, "/dev/pts").options ==
          Strings{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"});
    CHECK(mount_on(spec, "/sys").source == "/sys");
    CHECK(mount_on(spec, "/sys").options == Strings{"rbind", "nosuid", "noexec", "nodev", "ro"});
    CHECK(spec.linux.resources.devices.empty());
}

TEST_CASE("with privileges a mapping adds a user namespace and takes nothing away", "[spec]") {
    const Spec spec = read_back({.uids = {{0, 100000, 65536}}, .gids = {{0, 200000, 5}, {5, 300000, 1}}});
    CHECK(types_of(spec) == std::vector<NamespaceType>{NamespaceType::pid, NamespaceType::network, NamespaceType::ipc,
                                                       NamespaceType::uts, NamespaceType::mount, NamespaceType::cgroup,
                                                       NamespaceType::user});
    CHECK(mount_on(spec, "/dev/pts").options.back() == "gid=5");
    CHECK(mount_on(spec, "/sys").type == "sysfs");
    CHECK(spec.linux.resources.devices.size() == 1);
    CHECK(spec.linux.uid_mappings.size() == 1);
    REQUIRE(spec.linux.gid_mappings.size() == 2);
    CHECK(spec.linux.gid_mappings[1].host_id == 300000);
    CHECK(spec.annotations.empty());

    const Spec small = read_back({.uids = {{0, 100000, 65536}}, .gids = {{0, 200000, 5}}});
    CHECK(mount_on(small, "/dev/pts").options.back() == "mode=0620");
}

TEST_CASE("the program, its user and its terminal are as they are asked for", "[spec]") {
    const Spec spec = read_back(
        {.terminal = false, .args = {"echo", "a b", ""}, .uid = 33, .gid = 34, .annotations = {{"a.b", "c"}}});
    CHECK_FALSE(spec.process->terminal);
    CHECK(spec.process->args == Strings{"echo", "a b", ""});
    CHECK(spec.process->user.uid == 33);
    CHECK(spec.process->user.gid == 34);
    CHECK(spec.annotations.at("a.b") == "c");
}

TEST_CASE("the keys of the default config stand in the customary order", "[spec]") {
    for (const auto& options : {rt::spec::DefaultConfigOptions(), rootless()}) {
        const std::string text = default_config(options);
        std::size_t last = 0;
        for (const std::string key : {"ociVersion", "process", "root", "hostname", "mounts", "linux"}) {
            const std::size_t place = text.find("\n\t\"" + key + "\":");
            CAPTURE(key);
            REQUIRE(place != std::string::npos);
            CHECK(place > last);
            last = place;
        }
        CHECK(text.back() == '\n');
    }
}
