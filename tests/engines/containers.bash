# What Podman and Buildah share: their configuration, with rt as the runtime, all data in memory.
# A test sources it after lib.bash.

# The vfs driver: with overlay these versions' own use of id-mapped mounts fails on new kernels.
write_configuration() {
    mkdir -p /data/storage /run/containers
    cat >/etc/containers/containers.conf <<'END'
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "rt"
runtime_supports_json = ["rt"]
runtime_supports_nocgroup = ["rt"]
[engine.runtimes]
rt = ["/usr/local/bin/rt"]
END
    cat >/etc/containers/storage.conf <<'END'
[storage]
driver = "vfs"
graphroot = "/data/storage"
runroot = "/run/containers/storage"
END
    export PODMAN_IGNORE_CGROUPSV1_WARNING=1
}
