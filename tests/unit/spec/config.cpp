#include "config.hpp"

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "refusal.hpp"
#include "rt/spec/reader.hpp"

namespace rt::test {

namespace {

using nlohmann::json;

constexpr auto text = R"({
    "ociVersion": "1.3.0",
    "root": {"path": "rootfs", "readonly": true},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/data", "type": "none", "source": "/srv/data", "options": ["rbind", "ro"],
            "uidMappings": [{"containerID": 0, "hostID": 1, "size": 2}],
            "gidMappings": [{"containerID": 3, "hostID": 4, "size": 5}]}
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
        "oomScoreAdj": -100,
        "apparmorProfile": "acme_profile",
        "selinuxLabel": "system_u:system_r:container_t:s0:c124,c675",
        "scheduler": {"policy": "SCHED_DEADLINE", "nice": -5, "priority": 7, "flags": ["SCHED_FLAG_RECLAIM"],
            "runtime": 10000000, "deadline": 30000000, "period": 18446744073709551615},
        "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 4},
        "execCPUAffinity": {"initial": "7", "final": "0-3,7"}
    },
    "hostname": "web1",
    "domainname": "example.org",
    "hooks": {
        "prestart": [{"path": "/hooks/1", "args": ["one", "-a"], "env": ["A=1"], "timeout": 30}, {"path": "/hooks/2"}],
        "createRuntime": [{"path": "/hooks/3", "args": ["three"], "env": ["A=3"], "timeout": 3}],
        "createContainer": [{"path": "/hooks/4", "args": ["four"], "env": ["A=4"], "timeout": 4}],
        "startContainer": [{"path": "/hooks/5", "args": ["five"], "env": ["A=5"], "timeout": 5}],
        "poststart": [{"path": "/hooks/6", "args": ["six"], "env": ["A=6"], "timeout": 6}],
        "poststop": [{"path": "/hooks/7", "args": ["seven"], "env": ["A=7"], "timeout": 7}]
    },
    "annotations": {"com.example.key": "value", "com.example.empty": ""},
    "linux": {
        "namespaces": [{"type": "user"}, {"type": "network", "path": "/run/netns/a"}, {"type": "mount", "path": ""}],
        "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}, {"containerID": 1, "hostID": 100000, "size": 9}],
        "gidMappings": [{"containerID": 0, "hostID": 4294967295, "size": 65536}],
        "timeOffsets": {"monotonic": {"secs": -172800, "nanosecs": 999999999}, "boottime": {"secs": 604800, "nanosecs": 0}},
        "devices": [
            {"type": "c", "path": "/dev/fuse", "major": 10, "minor": 229, "fileMode": 438, "uid": 1, "gid": 2},
            {"type": "p", "path": "/run/fifo"}
        ],
        "netDevices": {"eth1": {"name": "container_eth1"}, "eth0": {}},
        "cgroupsPath": "/group/web1",
        "resources": {"devices": [
            {"allow": false, "access": "rwm"},
            {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"},
            {"allow": true, "type": "b", "major": 8, "minor": -1}
        ],
            "memory": {"limit": 1, "reservation": -1, "swap": 3, "kernel": 4, "kernelTCP": 5, "swappiness": 6,
                "disableOOMKiller": true, "useHierarchy": true, "checkBeforeUpdate": true},
            "cpu": {"shares": 1, "quota": -2, "burst": 3, "period": 4, "realtimeRuntime": 5, "realtimePeriod": 6,
                "cpus": "0-1", "mems": "0", "idle": 1},
            "pids": {"limit": 7},
            "blockIO": {"weight": 10, "leafWeight": 11,
                "weightDevice": [{"major": 8, "minor": 1, "weight": 12, "leafWeight": 13}],
                "throttleReadBpsDevice": [{"major": 8, "minor": 2, "rate": 14}],
                "throttleWriteBpsDevice": [{"major": 8, "minor": 3, "rate": 15}],
                "throttleReadIOPSDevice": [{"major": 8, "minor": 4, "rate": 16}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 5, "rate": 18446744073709551615}]},
            "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}],
            "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
            "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}},
            "unified": {"memory.high": "1000", "hugetlb.2MB.max": "max"}
        },
        "intelRdt": {"closID": "guaranteed", "schemata": ["L3:0=7f0;1=1f", "L2:0=f"], "l3CacheSchema": "L3:0=f0",
            "memBwSchema": "MB:0=20", "enableMonitoring": true},
        "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0-3,7", "flags": ["MPOL_F_STATIC_NODES"]},
        "sysctl": {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "0"},
        "seccomp": {
            "defaultAction": "SCMP_ACT_ERRNO",
            "defaultErrnoRet": 38,
            "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "flags": ["SECCOMP_FILTER_FLAG_LOG"],
            "listenerPath": "/run/agent.sock",
            "listenerMetadata": "opaque",
            "syscalls": [
                {"names": ["getcwd", "chmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
                {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
                    "args": [{"index": 5, "value": 18446744073709551615, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ"}]}
            ]
        },
        "rootfsPropagation": "rprivate",
        "maskedPaths": ["/proc/kcore"],
        "readonlyPaths": ["/proc/sys", "/proc/bus"],
        "mountLabel": "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811",
        "personality": {"domain": "LINUX32", "flags": ["UNKNOWN"]}
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

std::string config_renamed(const std::string& pointer, const std::string& key) {
    json config = json::parse(text);
    const json::json_pointer place(pointer);
    json& parent = config[place.parent_pointer()];
    parent[key] = parent.at(place.back());
    parent.erase(place.back());
    return config.dump();
}

std::vector<std::string> config_objects() {
    std::vector<std::string> objects;
    for (const std::string& pointer : config_pointers()) {
        const bool map = pointer == "/annotations" || pointer == "/linux/sysctl" || pointer == "/linux/netDevices" ||
                         pointer == "/linux/resources/rdma" || pointer == "/linux/resources/unified";
        if (type_at(pointer) == "object" && !map) objects.push_back(pointer);
    }
    return objects;
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
    return rt::test::refusal_of([&] { spec::read(config, "/bundle/config.json"); });
}

}  // namespace rt::test
