# What Podman and Buildah share: their configuration, with rt as the runtime, all data in memory.
# A test sources it after lib.bash.

# The vfs driver: with overlay these versions' own use of id-mapped mounts fails on new kernels.
write_configuration() {  # DIRECTORY STORAGE RUNTIME-DIRECTORY
    mkdir -p "$1" "$2" "$3"
    cat >"$1/containers.conf" <<'END'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "rt"
runtime_supports_json = ["rt"]
runtime_supports_nocgroup = ["rt"]
[network]
network_backend = "netavark"
[engine.runtimes]
rt = ["/usr/local/bin/rt"]
END
    cat >"$1/storage.conf" <<END
[storage]
driver = "vfs"
graphroot = "$2"
runroot = "$3"
END
    export PODMAN_IGNORE_CGROUPSV1_WARNING=1
}

nothing_of_podman_left() {
    local left
    # They end by themselves, some time after their container.
    wait_for sh -c '! pgrep -x "conmon|slirp4netns"'
    left=$(find /sys/fs/cgroup -type d -regex '.*[0-9a-f]\{64\}.*')
    [[ -z $left ]] || fail "cgroups are left: $left"
    left=$(awk '{ print $5 }' /proc/self/mountinfo | grep -E '^/data/.|/containers/' || true)
    [[ -z $left ]] || fail "mounts are left: $left"
}

# What the cases of Podman leave on purpose: containers, pods, networks, volumes and files.
remove_all() {
    podman pod rm -f -a -t 0
    # One that another one depends on goes in a second turn.
    podman rm -f -a -t 0 || podman rm -f -a -t 0
    podman network prune -f
    podman volume rm -f -a
    find "$shared" -mindepth 1 -delete
}
