#!/usr/bin/env bash
# What container engines take for granted, where it can be shown without one. (Device rules by update: device-update.sh;
# descriptors: descriptors.sh.)
source "$(dirname "$0")/lib.bash"
source "$(dirname "$0")/idmap.bash"

id=$prefix-engine
layout_file() {  # V1-CONTROLLER/FILE V2-FILE: the file of the container's cgroup
    local directory
    for directory in $(jq -r '.cgroups[]' "$state/$id/state.json"); do
        if [[ -e $directory/${1##*/} ]]; then cat "$directory/${1##*/}" && return; fi
        if [[ -e $directory/$2 ]]; then cat "$directory/$2" && return; fi
    done
    echo none
}
limits() { echo "$(layout_file memory/memory.limit_in_bytes memory.max) $(layout_file cpu/cpu.shares cpu.weight) $(layout_file cpu/cpu.cfs_quota_us cpu.max)"; }

# Docker 20.10 sends every field to update, on stdin: 0 leaves a limit as it is.
new_bundle limits '.process.args=["sleep","1000"] | .linux.resources.memory.limit=67108864 | .linux.resources.cpu={shares:512,quota:20000,period:100000}' >/dev/null
if rt run -d -b "$work/limits" "$id" 2>"$work/err"; then
    before=$(limits)
    echo '{"memory":{"limit":0,"reservation":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0}}' >"$work/zeros"
    expect_status 0 sh -c "'$RT' --root '$state' update --resources - $id <'$work/zeros'"
    expect_equal "after zeros" "$(limits)" "$before"
    echo '{"memory":{"limit":0,"reservation":0,"kernel":0},"cpu":{"shares":0,"quota":50000,"period":100000},"blockIO":{"weight":0}}' >"$work/quota"
    expect_status 0 sh -c "'$RT' --root '$state' update --resources - $id <'$work/quota'"
    expect_equal "after a quota" "$(limits)" "${before/20000/50000}"
    expect_status 0 rt delete --force "$id"
else
    echo "no limits can be set here: $(<"$work/err")"
fi

# The shim deletes once more, by force, what is gone.
new_bundle plain '.process.args=["sleep","1000"]' >/dev/null
expect_status 0 rt run -d -b "$work/plain" "$id"
expect_status 0 rt kill --all "$id" 9
for _ in $(seq 100); do [[ $(rt state "$id" | jq -r .status) == stopped ]] && break; sleep 0.05; done
expect_status 0 rt kill --all "$id" 9
expect_status 0 rt delete "$id"
expect_status 0 rt delete --force "$id"
expect_equal "nothing is said" "$out$err" ""
expect_nothing_left "$id"

# Docker 20.10 asks for every capability there is; the engine's own bounding set may lack one.
lacking='.process.capabilities.bounding += ["CAP_SYS_BOOT","CAP_CHOWN"] | .process.capabilities.effective=.process.capabilities.bounding | .process.capabilities.permitted=.process.capabilities.bounding'
new_bundle lacking "$lacking | .process.args=[\"grep\",\"^Cap[BPE]\",\"/proc/self/status\"]" >/dev/null
without() { setpriv --bounding-set=-sys_boot "$RT" --root "$state" "$@"; }
expect_status 0 without run -b "$work/lacking" "$id"
expect_text "warning" "$err" CAP_SYS_BOOT
# CAP_SYS_BOOT is 22, CAP_CHOWN 0.
for set in CapPrm CapEff CapBnd; do
    value=$(awk -v set="$set:" '$1 == set { print $2 }' <<<"$out")
    expect_equal "$set" "$((0x$value >> 22 & 1)) $((0x$value & 1))" "0 1"
done
expect_status 0 without run -d -b "$work/plain" "$id"
expect_status 0 without exec --cap CAP_SYS_BOOT --cap CAP_CHOWN "$id" true
expect_text "warning of exec" "$err" CAP_SYS_BOOT
expect_status 0 rt delete --force "$id"

# podman --userns ns:PATH: root of that namespace may not search the engine's storage, and need not: rt opens the rootfs and the
# sources of binds before.
hold_user_namespace
mkdir -p "$work/storage/volume"
echo content >"$work/storage/volume/file"
cp -a "$work/rootfs" "$work/storage/rootfs"
chmod 700 "$work/storage"
new_bundle joined ".root.path=\"$work/storage/rootfs\" | .linux.namespaces += [{type:\"user\",path:\"/proc/$peer/ns/user\"}] |
    .mounts += [{destination:\"/mnt\",type:\"bind\",source:\"$work/storage/volume\",options:[\"rbind\"]}] |
    .process.args=[\"sh\",\"-c\",\"cat /mnt/file; cat /proc/self/uid_map | xargs\"]" >/dev/null
expect_status 0 rt run -b "$work/joined" "$id"
expect_equal "a user namespace that is joined" "$out" $'content\n0 200000 3000'
expect_nothing_left "$id"
kill -KILL "$holder"

# What rt does not do is refused with its place: an engine, and its user, would think that it holds.
expect_refused '.mounts += [{destination:"/mnt",type:"no-such-filesystem"}]' "no-such-filesystem"
expect_refused '.mounts += [{destination:"/mnt",type:"proc",options:["idmap"]}]' "/mounts/"
expect_refused '.linux.resources.unified={"no_such.max":"1"}' "/linux/resources/unified/no_such.max"
expect_refused '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",flags:["SECCOMP_FILTER_FLAG_UNKNOWN"]}' "/linux/seccomp/flags/0"
expect_refused '.linux.namespaces += [{type:"unknown"}]' "/linux/namespaces/"
expect_refused '.linux.rootfsPropagation="unknown"' "/linux/rootfsPropagation"
expect_refused '.process.rlimits=[{type:"RLIMIT_UNKNOWN",soft:1,hard:1}]' "/process/rlimits/0"
[[ -d /sys/kernel/security/apparmor ]] || expect_refused '.process.apparmorProfile="docker-default"' "apparmorProfile"
[[ -d /sys/fs/selinux/class ]] || expect_refused '.process.selinuxLabel="system_u:system_r:container_t:s0"' "selinuxLabel"
grep -q " resctrl " /proc/mounts || expect_refused '.linux.intelRdt={closID:"guest"}' "/linux/intelRdt"

# Texts and exit codes by which engines tell what was wrong with the program.
said() {  # STATUS ARGS FRAGMENT
    change_config said ".process.args=$2"
    expect_status "$1" rt run -b "$work/said" "$id"
    expect_text "$2" "$err" "$3"
    # Docker knows the words in lower case only.
    [[ $err != *"No such file"* && $err != *"Permission denied"* ]] || fail "$2: capitals in: $err"
    expect_status 0 rt run -d -b "$work/plain" "$id"
    # shellcheck disable=SC2046  # the program and its arguments
    expect_status "$1" rt exec "$id" $(jq -r '.[]' <<<"$2")
    expect_text "exec $2" "$err" "$3"
    expect_status 0 rt delete --force "$id"
}
new_bundle said >/dev/null
said 127 '["no-such-program"]' 'executable file not found in $PATH'
said 127 '["/no/such/program"]' 'no such file or directory'
said 126 '["/etc/passwd"]' 'permission denied'
said 126 '["/etc"]' 'permission denied'

# What create and exec -d leave running holds none of the caller's pipes but the streams given to the process: whoever reads
# such a pipe comes to its end as soon as the command is done.
pipe_ends() { timeout 20 bash -c '("$@" >/dev/null 2>&1 </dev/null) 9>&1 | cat; exit "${PIPESTATUS[0]}"' - "$@"; }
expect_status 0 pipe_ends "$RT" --root "$state" create -b "$work/plain" --pid-file "$work/pid" "$id"
expect_equal "pid file" "$(<"$work/pid")" "$(rt state "$id" | jq -r .pid)"
expect_status 0 pipe_ends "$RT" --root "$state" start "$id"
jq .process "$work/plain/config.json" >"$work/process.json"
expect_status 0 pipe_ends "$RT" --root "$state" exec --process "$work/process.json" --detach --pid-file "$work/exec-pid" "$id"
expect_equal "what exec left" "$(readlink "/proc/$(<"$work/exec-pid")/fd/"* | sort -u)" /dev/null
expect_status 0 rt delete --force "$id"

# Where the state lies: of root, whatever else is said; an ordinary user's engine calls rt as uid 0 of a user namespace, where
# /run is not to be written, and nothing but XDG_RUNTIME_DIR is always in the environment.
expect_status 0 unshare --mount --propagation private sh -c "mount -t tmpfs tmpfs /run && cd '$work/plain' &&
    export XDG_RUNTIME_DIR='$work/none' _CONTAINERS_USERNS_CONFIGURED= _CONTAINERS_ROOTLESS_UID= &&
    '$RT' create $id && ls /run/rt && '$RT' delete $id"
expect_equal "as root" "$out" "$id"
expect_equal "as root" "$(ls -d "$work/none" 2>/dev/null)" ""

if setpriv --reuid 12345 --regid 12345 --clear-groups unshare --user true 2>/dev/null; then
    cp "$RT" "$work/rt"
    mkdir "$work/runtime" "$work/user"
    cp -r "$work/rootfs" "$work/user/rootfs"
    jq '.root.path="rootfs" | .process.args=["sh","-c","id -u; sleep 1000"] | del(.linux.cgroupsPath, .linux.resources)' "$work/plain/config.json" >"$work/user/config.json"
    chown -R 12345:12345 "$work/runtime" "$work/user"
    as_engine() {
        (cd "$work/user" && setpriv --reuid 12345 --regid 12345 --clear-groups env XDG_RUNTIME_DIR="$work/runtime" \
            unshare --user --map-root-user --mount "$work/rt" "$@")
    }
    expect_status 0 as_engine create --pid-file pid "$id"
    expect_equal "of a user" "$(ls "$work/runtime/rt")" "$id"
    expect_status 0 as_engine start "$id"
    expect_equal "of a user" "$(as_engine state "$id" | jq -r .status)" running
    expect_status 0 as_engine kill "$id" 9
    expect_status 0 as_engine delete --force "$id"
    expect_equal "of a user" "$(ls "$work/runtime/rt")" ""
fi

finish
