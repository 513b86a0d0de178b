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

ordered_json json_of(const std::vector<IdMapping>& mapping) {
    ordered_json list = ordered_json::array();
    for (const IdMapping& entry : mapping)
        list.push_back({{"containerID", entry.container_id}, {"hostID", entry.host_id}, {"size", entry.size}});
    return list;
}

ordered_json& mount_on(ordered_json& mounts, std::string_view destination) {
    return *std::ranges::find_if(mounts,
                                 [&](const ordered_json& mount) { return mount["destination"] == destination; });
}

// The group of terminals (tty) must exist in the container.
void leave_out_terminal_group(ordered_json& mounts, const std::vector<IdMapping>& gids) {
    constexpr std::uint32_t tty = 5;
    const bool mapped = std::ranges::any_of(gids, [](const IdMapping& entry) {
        return tty >= entry.container_id && tty - entry.container_id < entry.size;
    });
    if (mapped) return;
    auto& options = mount_on(mounts, "/dev/pts")["options"].get_ref<ordered_json::array_t&>();
    options.erase(std::remove(options.begin(), options.end(), "gid=5"), options.end());
}

// The network stays the caller's, and the kernel gives a sysfs to the owner of a network namespace only (sysfs(5)), so the
// host's is bound. The mount of the cgroups stays, since it covers those of the host in that tree, which a plain "ro" leaves
// writable (CVE-2023-25809).
void bind_sysfs(ordered_json& mounts) {
    ordered_json& mount = mount_on(mounts, "/sys");
    mount["type"] = "none";
    mount["source"] = "/sys";
    mount["options"] = {"rbind", "nosuid", "noexec", "nodev", "ro"};
}

// Without privileges there is no device rule to write, and every created namespace needs a user namespace to own it.
ordered_json adapt_linux(const ordered_json& privileged, const DefaultConfigOptions& options) {
    ordered_json linux_part;
    linux_part["uidMappings"] = json_of(options.uids);
    linux_part["gidMappings"] = json_of(options.gids);
    if (!options.rootless) linux_part["resources"] = privileged["resources"];
    for (const ordered_json& entry : privileged["namespaces"]) {
        if (!options.rootless || entry["type"] != "network") linux_part["namespaces"].push_back(entry);
    }
    linux_part["namespaces"].push_back({{"type", "user"}});
    for (const char* key : {"maskedPaths", "readonlyPaths"}) linux_part[key] = privileged[key];
    return linux_part;
}

}  // namespace

std::string default_config(const DefaultConfigOptions& options) {
    ordered_json config = ordered_json::parse(privileged_config);
    config["ociVersion"] = oci_version;
    ordered_json& process = config["process"];
    process["terminal"] = options.terminal;
    process["user"] = {{"uid", options.uid}, {"gid", options.gid}};
    process["args"] = options.args;
    if (!options.uids.empty()) {
        leave_out_terminal_group(config["mounts"], options.gids);
        if (options.rootless) bind_sysfs(config["mounts"]);
        config["linux"] = adapt_linux(config["linux"], options);
    }
    if (!options.annotations.empty()) config["annotations"] = options.annotations;
    return config.dump(1, '\t') + "\n";
}

}  // namespace rt::spec
