# Cases of Podman as root: limits and cgroups. As an unprivileged user there are no cgroups of v1 to set limits in.

# cgroup_value V1-CONTROLLER V1-FILE V2-FILE: a command for the container's shell that prints the file.
cgroup_value() { if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then echo "cat /sys/fs/cgroup/$3"; else echo "cat /sys/fs/cgroup/$1/$2"; fi; }

case_limit_memory() {
    expect_output 67108864 podman run --rm --memory 64m $image sh -c "$(cgroup_value memory memory.limit_in_bytes memory.max)"
    expect_status 137 podman run --rm --memory 16m --memory-swap 16m $image tail -c 100m /dev/zero
}

case_limit_pids() {
    expect_output 20 podman run --rm --pids-limit 20 $image sh -c "$(cgroup_value pids pids.max pids.max)"
    expect_status 2 podman run --rm --pids-limit 5 $image sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1'
    expect_text "no more processes" "$out$err" "fork"
}

case_limit_cpu() {
    expect_output "50000" podman run --rm --cpus 0.5 $image sh -c "$(cgroup_value cpu cpu.cfs_quota_us cpu.max)"
    expect_output "512" podman run --rm --cpu-shares 512 $image sh -c "$(cgroup_value cpu cpu.shares cpu.weight)"
    expect_output "0" podman run --rm --cpuset-cpus 0 $image sh -c "$(cgroup_value cpuset cpuset.cpus cpuset.cpus)"
}

case_limit_block_io() {
    local number
    number=$(cat /sys/block/*/dev | sed -n 1p)
    [[ -n $number ]] || skip_case "there is no block device"
    [[ -e /dev/disk ]] || mknod /dev/disk b "${number%:*}" "${number#*:}"
    expect_output "$number 1048576" podman run --rm --device-read-bps /dev/disk:1mb $image sh -c "$(cgroup_value blkio blkio.throttle.read_bps_device io.max)"
}

case_ulimit() { expect_output 512 podman run --rm --ulimit nofile=512:512 --ulimit nproc=4096:4096 $image sh -c 'ulimit -n'; }

case_oom_score() { expect_output 500 podman run --rm --oom-score-adj 500 $image cat /proc/self/oom_score_adj; }

case_update() {
    local limit quota
    limit=$(cgroup_value memory memory.limit_in_bytes memory.max)
    quota=$(cgroup_value cpu cpu.cfs_quota_us cpu.max)
    podman run -d --name one --memory 64m --cpus 0.5 $image sleep 1000
    expect_status 0 podman update --memory 128m one
    expect_output 134217728 podman exec one sh -c "$limit"
    expect_output 50000 podman exec one sh -c "$quota"
    expect_status 0 podman update --cpus 0.7 one
    expect_output 70000 podman exec one sh -c "$quota"
}

# Podman sends its deny-all rule again with every update: the devices of a running container stay as they are.
case_update_devices() {
    podman run -d --name one --device /dev/zero:/dev/my-zero $image sleep 1000
    expect_status 0 podman update --memory 64m one
    expect_output 4 podman exec one sh -c 'echo x >/dev/null; head -c 4 /dev/my-zero | wc -c'
    expect_output 4 podman exec one sh -c 'head -c 4 /dev/urandom | wc -c'
}

case_stats() {
    podman run -d --name one --memory 64m $image sleep 1000
    expect_status 0 podman stats --no-stream --format '{{.Name}} {{.PIDS}} {{.MemUsage}}' one
    expect_text stats "$out" "one 1 " "67.11MB"
}

case_device_rules() {
    # mknod is allowed to a container, using the node is not.
    expect_status 1 podman run --rm $image sh -c 'mknod /kmsg c 1 11 && head -c 1 /kmsg'
    expect_text "by the rules" "$err" "Operation not permitted"
    expect_status 0 podman run --rm --device-cgroup-rule 'c 1:11 r' $image sh -c 'mknod /kmsg c 1 11 && head -c 1 /kmsg >/dev/null || true'
}

case_cgroup_namespace() {
    expect_status 0 podman run --rm --cgroupns private $image cat /proc/self/cgroup
    [[ $out != *libpod* ]] || fail "the path of the host is seen: $out"
    expect_status 0 podman run --rm --cgroupns host $image cat /proc/self/cgroup
    expect_text "the host's" "$out" libpod
}

case_cgroup_parent() {
    podman run -d --name one --cgroup-parent /own-parent $image sleep 1000
    expect_status 0 cat "/proc/$(podman inspect one --format '{{.State.Pid}}')/cgroup"
    expect_text cgroup "$out" "/own-parent/libpod-"
    podman rm -f -t 0 one
    find /sys/fs/cgroup -depth -type d -path '*/own-parent*' -exec rmdir {} \;
}

case_no_cgroups() {
    expect_status 0 podman run --rm --cgroups disabled $image echo hello
    podman run -d --name one --cgroups disabled $image sleep 1000
    expect_output hello podman exec one echo hello
    expect_status 0 cat "/proc/$(podman inspect one --format '{{.State.Pid}}')/cgroup"
    [[ $out != *libpod-* ]] || fail "a cgroup was made: $out"
    expect_status 0 podman rm -f -t 0 one
}
