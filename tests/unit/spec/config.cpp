#include "config.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "rt/spec/reader.hpp"

namespace rt::test {

namespace {

using nlohmann::json;

constexpr auto text = R"({
    "ociVersion": "1.3.0",
    "root": {"path": "rootfs", "readonly": true},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/data", "type": "none", "source": "/srv/data", "options": ["rbind", "ro"]}
    ],
    "process": {
        "terminal": true,
        "consoleSize": {"height": 25, "width": 80},
        "user": {"uid": 1000, "gid": 1001, "umask": 63, "additionalGids": [5, 6]},
        "args": ["sh", "-c", "id"],
        "env": ["PATH=/bin", "TERM=xterm"],
        "cwd": "/root",
        "capabilities": {
            "effective": ["CAP_KILL"],
            "bounding": ["CAP_KILL", "CAP_CHOWN"],
            "inheritable": ["CAP_FOWNER"],
            "permitted": ["CAP_SETUID"],
            "ambient": ["CAP_SETGID"]
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 18446744073709551615}],
        "noNewPrivileges": true,
        "oomScoreAdj": -100
    },
    "hostname": "web1",
    "annotations": {"com.example.key": "value", "com.example.empty": ""},
    "linux": {
        "namespaces": [{"type": "user"}, {"type": "network", "path": "/run/netns/a"}, {"type": "mount", "path": ""}],
        "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}, {"containerID": 1, "hostID": 100000, "size": 9}],
        "gidMappings": [{"containerID": 0, "hostID": 4294967295, "size": 65536}],
        "cgroupsPath": "/group/web1",
        "resources": {"devices": [
            {"allow": false, "access": "rwm"},
            {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"},
            {"allow": true, "type": "b", "major": 8, "minor": -1}
        ]},
        "rootfsPropagation": "rprivate",
        "maskedPaths": ["/proc/kcore"],
        "readonlyPaths": ["/proc/sys", "/proc/bus"]
    }
})";

}  // namespace

std::string complete_config() { return text; }

std::string config_with(const std::string& pointer, const std::string& value) {
    json config = json::parse(text);
    config[json::json_pointer(pointer)] = json::parse(value);
    return config.dump();
}

std::string config_without(const std::string& pointer) {
    json config = json::parse(text);
    const json::json_pointer place(pointer);
    REQUIRE(config.contains(place));
    config[place.parent_pointer()].erase(place.back());
    return config.dump();
}

std::vector<std::string> config_pointers() {
    const json config = json::parse(text);
    std::vector<std::string> pointers;
    std::vector<json::json_pointer> left{json::json_pointer()};
    while (!left.empty()) {
        const json::json_pointer place = left.back();
        left.pop_back();
        pointers.push_back(place.to_string());
        const json& value = config[place];
        if (!value.is_structured() || place.to_string() == "/annotations") continue;
        for (const auto& member : value.items()) {
            left.push_back(value.is_array() ? place / std::stoul(member.key()) : place / member.key());
        }
    }
    return pointers;
}

std::string type_at(const std::string& pointer) { return json::parse(text)[json::json_pointer(pointer)].type_name(); }

Failure failure_of_reading(const std::string& config) {
    try {
        spec::read(config, "/bundle/config.json");
    } catch (const Error& error) {
        return error.failure();
    }
    FAIL("no error");
    return {};
}

}  // namespace rt::test
