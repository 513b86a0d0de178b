#include "rt/spec/default_config.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "rt/spec/version.hpp"

namespace rt::spec {

namespace {

using nlohmann::ordered_json;

// What is customary among OCI runtimes ("runc spec"), with /sys/devices/virtual/powercap masked as engines do
// (CVE-2020-8694: power readings give away what other processes compute), and a cgroup namespace.
constexpr std::string_view privileged_config = R"({
"ociVersion": "",
"process": {
    "terminal": true,
    "user": {"uid": 0, "gid": 0},
    "args": ["sh"],
    "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
    "cwd": "/",
    "capabilities": {
        "bounding": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
        "effective": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
        "permitted": ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    },
    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
    "noNewPrivileges": true
},
"root": {"path": "rootfs", "readonly": true},
"hostname": "rt",
"mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
        "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
        "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
        "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
    {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue",
        "options": ["nosuid", "noexec", "nodev"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs",
        "options": ["nosuid", "noexec", "nodev", "ro"]},
    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
        "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}
],
"linux": {
    "resources": {"devices": [{"allow": false, "access": "rwm"}]},
    "namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"},
                   {"type": "cgroup"}],
    "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
                    "/sys/devices/virtual/powercap"],
    "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}})";

ordered_json single_id(std::uint32_t host_id) {
    return ordered_json::array({{{"containerID", 0}, {"hostID", host_id}, {"size", 1}}});
}

// Only the caller's ids are mapped, so a devpts can't have the group 5 (tty). The network stays the caller's, and the
// kernel gives a sysfs to the owner of a network namespace only (sysfs(5)), so the host's is bound. The mount of the
// cgroups stays, since it covers those of the host in that tree, which a plain "ro" leaves writable (CVE-2023-25809).
void adapt_mounts(ordered_json& mounts) {
    for (ordered_json& mount : mounts) {
        if (mount["destination"] == "/dev/pts") {
            auto& options = mount["options"].get_ref<ordered_json::array_t&>();
            options.erase(std::remove(options.begin(), options.end(), "gid=5"), options.end());
        } else if (mount["destination"] == "/sys") {
            mount["type"] = "none";
            mount["source"] = "/sys";
            mount["options"] = {"rbind", "nosuid", "noexec", "nodev", "ro"};
        }
    }
}

// Without privileges there is no device rule to write, and every created namespace needs a user namespace to own it.
ordered_json adapt_linux(const ordered_json& privileged, const DefaultConfigOptions& options) {
    ordered_json linux_part;
    linux_part["uidMappings"] = single_id(options.uid);
    linux_part["gidMappings"] = single_id(options.gid);
    for (const ordered_json& entry : privileged["namespaces"]) {
        if (entry["type"] != "network") linux_part["namespaces"].push_back(entry);
    }
    linux_part["namespaces"].push_back({{"type", "user"}});
    for (const char* key : {"maskedPaths", "readonlyPaths"}) linux_part[key] = privileged[key];
    return linux_part;
}

}  // namespace

std::string default_config(const DefaultConfigOptions& options) {
    ordered_json config = ordered_json::parse(privileged_config);
    config["ociVersion"] = oci_version;
    if (options.rootless) {
        adapt_mounts(config["mounts"]);
        config["linux"] = adapt_linux(config["linux"], options);
    }
    return config.dump(1, '\t') + "\n";
}

}  // namespace rt::spec
