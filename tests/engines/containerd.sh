#!/usr/bin/env bash
# containerd with rt as its runtime, by ctr.
source "$(dirname "$0")/lib.bash"
needs containerd ctr containerd-shim-runc-v2 jq script

case_limit=$((300 * patience))
wait_limit=$((60 * patience))
export CONTAINERD_ADDRESS=/run/containerd/containerd.sock
pid_file=/run/containerd.pid
image=docker.io/library/base:latest

start_containerd() {
    mkdir -p /data/containerd /run/containerd
    cat >/run/containerd.toml <<END
version = 2
root = "/data/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$CONTAINERD_ADDRESS"
END
    setsid sh -c "echo \$\$ >$pid_file; exec containerd --config /run/containerd.toml --log-level warn" >>"$work/containerd.log" 2>&1 &
    wait_for ctr version
}

stop_containerd() {  # [SIGNAL]
    local pid
    pid=$(<$pid_file)
    kill -s "${1:-TERM}" "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

digest_of() { sha256sum "$1" | cut -d' ' -f1; }
described() {  # MEDIA-TYPE FILE
    jq -nc --arg type "$1" --arg digest "sha256:$(digest_of "$2")" --argjson size "$(stat -c %s "$2")" \
        '{mediaType: $type, digest: $digest, size: $size}'
}

# An archive of an OCI image with a single layer, made by hand.
import_image() {
    local at=$work/image blobs=$work/image/blobs/sha256 type=application/vnd.oci.image
    mkdir -p "$blobs"
    cp "$image_tar" "$blobs/$(digest_of "$image_tar")"
    jq -nc --arg layer "sha256:$(digest_of "$image_tar")" '{architecture: "amd64", os: "linux",
        config: {Env: ["PATH=/bin", "FROM=image"], Cmd: ["sh"], WorkingDir: "/srv"},
        rootfs: {type: "layers", diff_ids: [$layer]}}' >"$work/config"
    jq -nc --argjson config "$(described $type.config.v1+json "$work/config")" \
        --argjson layer "$(described $type.layer.v1.tar "$image_tar")" \
        '{schemaVersion: 2, config: $config, layers: [$layer]}' >"$work/manifest"
    jq -nc --argjson manifest "$(described $type.manifest.v1+json "$work/manifest")" --arg name "$image" \
        '{schemaVersion: 2, manifests: [$manifest + {annotations: {"io.containerd.image.name": $name}}]}' >"$at/index.json"
    cp "$work/config" "$blobs/$(digest_of "$work/config")"
    cp "$work/manifest" "$blobs/$(digest_of "$work/manifest")"
    echo '{"imageLayoutVersion": "1.0.0"}' >"$at/oci-layout"
    tar -C "$at" -cf "$work/image.tar" .
    ctr image import "$work/image.tar" >/dev/null
}

run() {  # CTR-OPTION... NAME PROGRAM...: of the image
    local options=()
    while [[ $1 == -* ]]; do
        options+=("$1")
        shift
    done
    ctr run --runtime io.containerd.runc.v2 --runc-binary /usr/local/bin/rt "${options[@]}" $image "$@"
}

status_of() { ctr task ls | awk -v name="$1" '$1 == name { print $3 }'; }
pid_of() { ctr task ls | awk -v name="$1" '$1 == name { print $2 }'; }
has_status() { [[ $(status_of "$1") == "$2" ]]; }

after_case() {
    local name left
    kill -0 "$(<$pid_file)" || fail "containerd has ended: $(tail -n 20 "$work/containerd.log")"
    for name in $(ctr task ls -q); do ctr task rm -f "$name" >/dev/null; done
    for name in $(ctr container ls -q); do ctr container rm "$name"; done
    for name in $(ctr snapshot ls | awk '$3 == "Active" { print $1 }'); do ctr snapshot rm "$name"; done
    left=$(find /run/containerd/runc /run/rt -name state.json 2>/dev/null || true)
    [[ -z $left ]] || fail "state is left: $left"
    left=$(find /sys/fs/cgroup -path '*/default/*' -type d || true)
    [[ -z $left ]] || fail "cgroups are left: $left"
    left=$(grep -F /run/containerd/io.containerd.runtime /proc/self/mounts || true)
    [[ -z $left ]] || fail "mounts are left: $left"
    left=$(pgrep -ax 'containerd-shim|rt' || true)
    [[ -z $left ]] || fail "processes are left: $left"
}

expect_removed_with() {  # EXIT-CODE COMMAND...: which ctr writes to its log
    expect_status 0 "${@:2}"
    expect_text "exit code" "$err" "exit code $1"
}

case_run() {
    expect_output $'hi\nimage\n/srv' run --rm one sh -c 'echo hi; echo $FROM; pwd'
    expect_output "value /tmp" run --rm --env=NAME=value --cwd=/tmp one sh -c 'echo $NAME $PWD'
    expect_status 1 run --rm --read-only one touch /file
}

case_exit_codes() {
    expect_status 3 run --rm one sh -c 'exit 3'
    expect_status 1 run --rm one no-such-program
    expect_text "not found" "$err" 'executable file not found in $PATH'
    expect_status 1 run --rm one /etc/passwd
    expect_text "not executable" "$err" "exec /etc/passwd: permission denied"
    expect_status 1 run --rm one /no/such
    expect_text "not found" "$err" "exec /no/such: no such file or directory"
}

case_terminal() {
    expect_output $'/dev/pts/0\n33 77' in_terminal ctr run -t --rm --runc-binary /usr/local/bin/rt $image one sh -c 'tty; sleep 0.5; stty size'
    expect_status 5 in_terminal ctr run -t --rm --runc-binary /usr/local/bin/rt $image one sh -c 'exit 5'
}

case_exec() {
    expect_status 0 run -d one sleep 1000
    expect_equal status "$(status_of one)" RUNNING
    expect_output "0 0" ctr task exec --exec-id e1 one sh -c 'echo $(id -u) $(id -g)'
    expect_output "1000 1000" ctr task exec --exec-id e2 --user 1000:1000 one sh -c 'echo $(id -u) $(id -g)'
    expect_output /tmp ctr task exec --exec-id e3 --cwd /tmp one pwd
    expect_output input sh -c 'echo input | ctr task exec --exec-id e4 one cat'
    expect_status 4 ctr task exec --exec-id e5 one sh -c 'exit 4'
    # ctr complains when it cannot set the size of the terminal before the end.
    expect_output /dev/pts/0 in_terminal ctr task exec -t --exec-id e6 one sh -c 'tty; sleep 0.5'
    expect_status 1 ctr task exec --exec-id e7 one no-such-program
    expect_text "not found" "$err" 'executable file not found in $PATH'
    expect_status 0 ctr task exec -d --exec-id e8 one sleep 2000
    expect_text "both" "$(ctr task ps one)" "$(pgrep -fx 'sleep 1000')" "$(pgrep -fx 'sleep 2000')"
}

case_processes() {
    expect_status 0 run -d one sh -c 'sleep 1001 & exec sleep 1002'
    wait_for pgrep -fx 'sleep 1001'
    expect_equal "as the host counts" "$(ctr task ps one | awk 'NR > 1 { print $1 }' | sort)" "$(pgrep -fx 'sleep 100[12]' | sort)"
    expect_status 0 ctr task pause one
    expect_equal "while paused" "$(ctr task ps one | awk 'NR > 1' | wc -l)" 2
}

case_kill() {
    expect_status 0 run -d one sh -c 'trap "exit 9" USR1; while :; do sleep 0.1; done'
    sleep 1
    expect_status 0 ctr task kill -s USR1 one
    wait_for has_status one STOPPED
    expect_removed_with 9 ctr task rm one
    expect_status 0 ctr container rm one
    expect_status 0 run -d one sleep 1000
    expect_status 0 ctr task kill -s KILL one
    wait_for has_status one STOPPED
    expect_removed_with 137 ctr task rm one
}

case_kill_all() {
    expect_status 0 run -d one sh -c 'sleep 1001 & exec sleep 1002'
    wait_for pgrep -fx 'sleep 1001'
    expect_status 0 ctr task kill -a -s KILL one
    wait_for has_status one STOPPED
    expect_status 1 pgrep -fx 'sleep 100[12]'
    # Once more: there is nobody left.
    ctr task kill -a -s KILL one >/dev/null 2>&1 || true
    expect_removed_with 137 ctr task rm one
}

case_remove_by_force() {
    expect_status 0 run -d one sh -c 'sleep 1001 & exec sleep 1002'
    wait_for pgrep -fx 'sleep 1001'
    expect_removed_with 137 ctr task rm -f one
    expect_equal "gone" "$(status_of one)" ""
    expect_status 0 ctr container rm one
}

case_host_pid_ends() {
    expect_status 0 run -d --with-ns=pid:/proc/1/ns/pid one sh -c 'sleep 1001 & exec sleep 1002'
    wait_for pgrep -fx 'sleep 1001'
    expect_removed_with 137 ctr task rm -f one
    expect_status 1 pgrep -fx 'sleep 100[12]'
}

case_pause() {
    local before
    expect_status 0 run -d one sh -c 'while :; do echo >>/ticks; sleep 0.05; done'
    ticks() { wc -l <"/proc/$(pid_of one)/root/ticks"; }
    wait_for test -s "/proc/$(pid_of one)/root/ticks"
    expect_status 0 ctr task pause one
    expect_equal status "$(status_of one)" PAUSED
    before=$(ticks)
    sleep 0.5
    expect_equal "while paused" "$(ticks)" "$before"
    expect_status 0 ctr task resume one
    expect_equal status "$(status_of one)" RUNNING
    goes_on() { (($(ticks) > before)); }
    wait_for goes_on
}

case_metrics() {
    expect_status 0 run -d --memory-limit=67108864 one sh -c 'sleep 1001 & exec sleep 1002'
    wait_for pgrep -fx 'sleep 1001'
    expect_status 0 ctr task metrics one
    expect_text metrics "$out" one memory.usage_in_bytes cpuacct.usage
    expect_status 0 ctr task metrics --format json one
    expect_equal "limit and processes" "$(jq -c '[.memory.usage.limit, .pids.current]' <<<"$out")" "[67108864,2]"
}

# ctr starts the container by a snapshot whose files belong to the mapped ids.
case_mappings() {
    expect_status 0 run -d --uidmap=0:100000:65536 --gidmap=0:200000:65536 one sleep 1000
    expect_equal "uid map" "$(awk '{ $1 = $1; print }' "/proc/$(pid_of one)/uid_map")" "0 100000 65536"
    expect_equal "gid map" "$(awk '{ $1 = $1; print }' "/proc/$(pid_of one)/gid_map")" "0 200000 65536"
    expect_output "0 0 0" ctr task exec --exec-id e1 one sh -c 'echo $(id -u) $(stat -c "%u %g" /bin/busybox)'
    expect_output 33 ctr task exec --exec-id e2 --user 33:33 one sh -c 'touch /tmp/f && stat -c %u /tmp/f'
    expect_equal "outside" "$(stat -c '%u %g' "/proc/$(pid_of one)/root/tmp/f")" "100033 200033"
    expect_status 1 ctr task exec --exec-id e3 one mknod /null c 1 3
    expect_output /dev/pts/0 in_terminal ctr task exec -t --exec-id e4 --user 33:33 one sh -c 'tty >$(tty); sleep 0.5'
}

case_mounts() {
    mkdir -p /data/host
    echo from the host >/data/host/file
    expect_output "from the host" run --rm --mount=type=bind,src=/data/host,dst=/mnt,options=rbind:ro one cat /mnt/file
    expect_status 1 run --rm --mount=type=bind,src=/data/host,dst=/mnt,options=rbind:ro one touch /mnt/new
    expect_status 0 run --rm --mount=type=bind,src=/data/host,dst=/mnt,options=rbind:rw one touch /mnt/new
    [[ -e /data/host/new ]] || fail "what was written is not on the host"
}

case_limits() {
    expect_status 0 run -d --memory-limit=67108864 --cpus=0.5 --pid-file=/run/one.pid one sleep 1000
    expect_equal "pid file" "$(</run/one.pid)" "$(pid_of one)"
    limit() { cat /sys/fs/cgroup/$1/default/one/$2 2>/dev/null || cat /sys/fs/cgroup/default/one/"$3"; }
    expect_equal memory "$(limit memory memory.limit_in_bytes memory.max)" 67108864
    expect_text cpu "$(limit cpu cpu.cfs_quota_us cpu.max)" 50000
}

case_privileged() {
    expect_status 0 run --rm --privileged one mount -t tmpfs none /mnt
    expect_status 1 run --rm one mount -t tmpfs none /mnt
    expect_output $'Seccomp:\t2' run --rm --seccomp one grep Seccomp: /proc/self/status
    expect_status 0 run --rm --device=/dev/fuse one test -c /dev/fuse
    expect_output "$(readlink /proc/self/ns/net)" run --rm --net-host one readlink /proc/self/ns/net
}

case_namespace_of_another() {
    expect_status 0 run -d first sleep 1000
    for kind in network ipc pid; do
        link=${kind/network/net}
        expect_output "$(readlink "/proc/$(pid_of first)/ns/$link")" \
            run --rm "--with-ns=$kind:/proc/$(pid_of first)/ns/$link" second readlink "/proc/self/ns/$link"
    done
}

case_out_of_memory() {
    expect_status 137 run --rm --memory-limit=16777216 one sh -c 'exec tail /dev/zero'
}

# Containers outlive containerd.
case_daemon_restarts() {
    expect_status 0 run -d one sleep 1000
    local pid
    pid=$(pid_of one)
    stop_containerd KILL
    start_containerd
    expect_equal "after its return" "$(status_of one) $(pid_of one)" "RUNNING $pid"
    expect_output fine ctr task exec --exec-id e1 one echo fine
}

case_many_at_once() {
    local i pids=()
    for i in 1 2 3 4 5 6 7 8; do
        run --rm "number-$i" echo "number $i" >"$work/many.$i" &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    for i in 1 2 3 4 5 6 7 8; do expect_equal "number $i" "$(<"$work/many.$i")" "number $i"; done
}

case_checkpoint() { skip_case "rt has no checkpoint yet"; }

start_containerd
import_image
run_cases
