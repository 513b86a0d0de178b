"""The bundles: the default specification, and what each flavour changes in it."""
import copy
import json

from . import place as places

CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
PODMAN_CAPABILITIES = [
    f"CAP_{name}"
    for name in ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
                 "SETUID", "SYS_CHROOT")
]
PODMAN_FILES = ("etc/hosts", "etc/hostname", "etc/resolv.conf", "run/.containerenv")
SECCOMP = places.SOURCE / "tests/data/seccomp-podman.json"
BINDS = 100


def mount(destination, kind, source, *options):
    return {"destination": destination, "type": kind, "source": str(source), "options": list(options)}


def default(place):
    """What `runc spec` writes, without a terminal."""
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": ["/bin/true"],
            "cwd": "/",
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "capabilities": {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True,
        },
        "root": {"path": str(place.rootfs), "readonly": True},
        "hostname": "bench",
        "mounts": [
            mount("/proc", "proc", "proc"),
            mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
        ],
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                            "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    }


def ranges(count):
    """65536 ids in COUNT ranges that are apart on the host's side."""
    size = 65536 // count
    return [{"containerID": index * size, "hostID": 100000 + 2 * index * size, "size": size} for index in range(count)]


def with_mappings(config, count):
    config["linux"]["namespaces"].append({"type": "user"})
    config["linux"]["uidMappings"] = config["linux"]["gidMappings"] = ranges(count)


def with_seccomp(config):
    config["linux"]["seccomp"] = json.loads(SECCOMP.read_text())


def with_binds(config, place, count):
    sources = place.sources(count)
    config["mounts"] += [mount(f"/mnt/{index}", "bind", sources / str(index), "bind") for index in range(count)]


def like_podman(config, place):
    """What Podman's containers have: its seccomp profile and capabilities, a cgroup namespace, its files."""
    with_seccomp(config)
    config["linux"]["namespaces"].append({"type": "cgroup"})
    config["linux"]["maskedPaths"] += ["/sys/devices/virtual/powercap", "/proc/interrupts"]
    config["process"]["capabilities"] = {kind: PODMAN_CAPABILITIES for kind in ("bounding", "effective", "permitted")}
    config["process"]["env"] += ["container=podman", "HOME=/root", "HOSTNAME=bench"]
    config["root"]["readonly"] = False
    for name in PODMAN_FILES:
        for top in (place.rootfs, place.directory / "podman"):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).touch()
        config["mounts"].append(mount(f"/{name}", "bind", place.directory / "podman" / name, "bind", "rprivate"))
    config["annotations"] = {"org.opencontainers.image.stopSignal": "15"}


CHANGES = {
    "default": lambda config, place: None,
    "userns": lambda config, place: with_mappings(config, 1),
    "userns-8": lambda config, place: with_mappings(config, 8),
    "seccomp": lambda config, place: with_seccomp(config),
    "binds": lambda config, place: with_binds(config, place, BINDS),
    "podman": like_podman,
}


def write_bundle(place, name, config):
    directory = place.directory / "bundles" / name
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config, indent=1))
    return directory


def make(place, flavour):
    """Two bundles: FLAVOUR, whose program ends at once, and FLAVOUR-sleep."""
    config = default(place)
    CHANGES[flavour](config, place)
    sleeping = copy.deepcopy(config)
    sleeping["process"]["args"] = ["/bin/sleep", "100000"]
    write_bundle(place, f"{flavour}-sleep", sleeping)
    return write_bundle(place, flavour, config)


def bundle(place, flavour, sleeping=False):
    return place.directory / "bundles" / (f"{flavour}-sleep" if sleeping else flavour)


LETTERS = {"mount": "m", "pid": "p", "network": "n", "ipc": "i", "uts": "u", "cgroup": "c"}


def floor_options(place, directory):
    """How the floor is told what the configuration of a bundle asks for."""
    config = json.loads((directory / "config.json").read_text())
    linux = config["linux"]
    options = ["-n", "".join(LETTERS[entry["type"]] for entry in linux["namespaces"] if entry["type"] in LETTERS)]
    if "uidMappings" in linux:
        lines = [f"{entry['containerID']} {entry['hostID']} {entry['size']}" for entry in linux["uidMappings"]]
        options += ["-u", "\n".join(lines)]
    if "seccomp" in linux:
        options += ["-s", place.directory / "filter"]
    binds = sum(entry["destination"].startswith("/mnt/") for entry in config["mounts"])
    return options + (["-b", str(binds), "-B", place.directory / "sources"] if binds else [])
