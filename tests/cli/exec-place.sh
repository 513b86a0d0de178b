#!/usr/bin/env bash
# Where a further program is: in namespaces that were joined, inherited or made; below the container's cgroup; in a paused
# container; and which descriptors, limits, CPUs, policies and filters it has.
source "$(dirname "$0")/lib.bash"

id=$prefix-place
start() {  # FILTER
    rt delete --force "$id"
    rm -rf "$work/box"
    new_bundle box "$1 | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    expect_status 0 rt run -d -b "$work/box" "$id"
    init=$(rt state "$id" | jq .pid)
}
same_namespaces() {  # WHAT
    local type
    for type in user pid mnt net ipc uts cgroup time; do
        expect_status 0 rt exec "$id" readlink "/proc/self/ns/$type"
        expect_equal "$1: $type" "$out" "$(readlink "/proc/$init/ns/$type")"
    done
    expect_status 0 rt exec "$id" cat /etc/hostname-of-box
    expect_equal "$1: root" "$out" box
}
mkdir -p "$work/rootfs"
"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
echo box >"$work/rootfs/etc/hostname-of-box"

# Every type once inherited, with and without a user namespace where that makes sense.
for type in pid mount network ipc uts cgroup; do
    for maps in . "$(userns 0:100000:65536)"; do
        [[ $maps == . || ($type != mount && $type != pid) ]] || continue
        extra=.
        [[ $type != uts ]] || extra='del(.hostname)'
        [[ $type != ipc ]] || extra='del(.mounts[] | select(.type=="mqueue"))'
        [[ $type != mount ]] || extra='.mounts=[] | .root.readonly=false | del(.linux.maskedPaths, .linux.readonlyPaths)'
        [[ $type != network ]] || extra='del(.mounts[] | select(.type=="sysfs" or .type=="cgroup"))'
        rt delete --force "$id" 2>/dev/null
        rm -rf "$work/box"
        new_bundle box "$maps | $extra | del(.linux.namespaces[] | select(.type==\"$type\")) | .process.args=[\"sleep\",\"1000\"]" >/dev/null
        expect_status 0 rt run -d -b "$work/box" "$id"
        init=$(rt state "$id" | jq .pid)
        if [[ $type == mount ]]; then  # no /proc inside
            expect_status 0 rt exec "$id" cat /etc/hostname-of-box
            expect_equal "no mount namespace: root" "$out" box
            expect_status 0 rt exec "$id" sh -c 'cat ../../../../../etc/hostname-of-box; pwd'
            expect_equal "no mount namespace: no way out" "$out" $'box\n/'
        else
            same_namespaces "inherited $type"
        fi
    done
done
# The root covers the old one (--no-pivot).
rt delete --force "$id" 2>/dev/null
rm -rf "$work/box"
new_bundle box '.process.args=["sleep","1000"]' >/dev/null
expect_status 0 rt run -d --no-pivot -b "$work/box" "$id"
init=$(rt state "$id" | jq .pid)
same_namespaces "without pivot_root"
# Joined ones: the network of somebody else beside an own user namespace, and all of another container (a pod).
unshare --net sleep 1000 &
other=$!
trap 'kill $other 2>/dev/null; cleanup' EXIT
while [[ $(readlink /proc/$other/ns/net) == $(readlink /proc/self/ns/net) ]]; do sleep 0.05; done
start "$(userns 0:100000:65536) | (.linux.namespaces[] | select(.type==\"network\")).path=\"/proc/$other/ns/net\" | del(.mounts[] | select(.type==\"sysfs\" or .type==\"cgroup\"))"
same_namespaces "a joined network namespace"
new_bundle pod ".linux.namespaces |= map(.path = \"/proc/$init/ns/\" + ({network:\"net\",mount:\"mnt\"}[.type] // .type)) | del(.linux.namespaces[] | select(.type==\"mount\" or .type==\"pid\")) | .linux.namespaces += [{type:\"mount\"},{type:\"pid\"},{type:\"user\",path:\"/proc/$init/ns/user\"}] | del(.hostname) | del(.mounts[] | select(.type==\"sysfs\" or .type==\"cgroup\")) | .process.args=[\"sleep\",\"1000\"]" >/dev/null
expect_status 0 rt run -d -b "$work/pod" "$id-pod"
podinit=$(rt state "$id-pod" | jq .pid)
for type in user pid mnt net ipc uts cgroup; do
    expect_status 0 rt exec "$id-pod" readlink "/proc/self/ns/$type"
    expect_equal "pod: $type" "$out" "$(readlink "/proc/$podinit/ns/$type")"
done
expect_status 0 rt delete --force "$id-pod"

for variant in host user; do
    maps=.
    [[ $variant == user ]] && maps=$(userns 0:100000:65536)
    start "$maps"
    # Below the container's cgroup: it must be there, and it may not lead out.
    for directory in $(jq -r '.cgroups[]' "$state/$id/state.json"); do
        mkdir "$directory/sub"
        for file in cpuset.cpus cpuset.mems; do  # a new cpuset of v1 is empty, and takes no process then
            [[ $directory == */unified/* || ! -e $directory/$file ]] || cat "$directory/$file" >"$directory/sub/$file"
        done
    done
    mapfile -t tops < <(cut -d : -f 3 "/proc/$init/cgroup" | sort -u)
    rt exec -d --pid-file "$work/pid" --cgroup sub "$id" sleep 300
    expect_equal "$variant: --cgroup" "$(cut -d : -f 3 "/proc/$(<"$work/pid")/cgroup" | sort -u | xargs)" "${tops[0]}/sub"
    rt exec -d --pid-file "$work/pid" --cgroup=/ "$id" sleep 300
    expect_equal "$variant: --cgroup /" "$(cut -d : -f 3 "/proc/$(<"$work/pid")/cgroup" | sort -u | xargs)" "${tops[0]}"
    if grep -q '^[1-9][0-9]*:.*pids' "/proc/$init/cgroup"; then
        rt exec -d --pid-file "$work/pid" --cgroup pids:/sub "$id" sleep 300
        expect_equal "$variant: --cgroup of a controller" "$(grep -c /sub "/proc/$(<"$work/pid")/cgroup")" 1
    fi
    for wrong in .. ../x /../x sub/../.. ../"$id"evil; do
        expect_status 125 rt exec --cgroup "$wrong" "$id" touch /dev/shm/ran
        expect_text "$variant: --cgroup $wrong" "$err" "$wrong"
    done
    for wrong in nosuch sub/nosuch nosuch:sub; do
        expect_status 125 rt exec --cgroup "$wrong" "$id" touch /dev/shm/ran
        expect_text "$variant: --cgroup $wrong" "$err" nosuch
    done
    expect_status 1 rt exec "$id" test -e /dev/shm/ran

    # A paused container refuses; with --ignore-paused the program starts when it goes on.
    expect_status 0 rt pause "$id"
    expect_status 125 rt exec "$id" true
    expect_text "$variant: paused" "$err" "cannot exec in a paused container" --ignore-paused
    rt exec --ignore-paused "$id" sh -c 'exit 6' &
    waiting=$!
    sleep 0.5
    kill -0 "$waiting" || fail "$variant: it did not wait"
    expect_status 0 rt resume "$id"
    status=0
    wait "$waiting" || status=$?
    expect_equal "$variant: after resume" "$status" 6
    # Whoever gives up waiting leaves nothing behind.
    expect_status 0 rt pause "$id"
    "$RT" --root "$state" exec --ignore-paused "$id" sleep 1234 2>/dev/null &
    waiting=$!
    sleep 0.5
    kill -TERM "$waiting"
    status=0
    wait "$waiting" || status=$?
    expect_equal "$variant: given up" "$status" 125
    expect_status 0 rt resume "$id"
    for _ in $(seq 100); do [[ $(rt ps -f json "$id") == "[$init]" ]] && break; sleep 0.05; done
    expect_text "$variant: nothing is left of it" "$(rt ps -f json "$id" | jq -c .)" "$init"
    [[ -z $(pgrep -f 'sleep 1234') ]] || fail "$variant: the program runs"

    # Descriptors: those that were asked for, and no others.
    expect_status 0 rt exec "$id" sh -c 'cd /proc/self/fd && echo *'
    expect_equal "$variant: descriptors" "$out" "0 1 2 3"
    echo three >"$work/three"
    expect_status 0 bash -c "exec 3<'$work/three' 4</ 5</; exec '$RT' --root '$state' exec --preserve-fds 1 '$id' sh -c 'cat <&3; cd /proc/self/fd && echo *'"
    expect_equal "$variant: --preserve-fds" "$out" $'three\n0 1 2 3 4'
    expect_status 0 bash -c "exec 3<'$work/three' 4</; exec env LISTEN_FDS=1 '$RT' --root '$state' exec '$id' sh -c 'echo \$LISTEN_FDS \$((LISTEN_PID == \$\$)); cd /proc/self/fd && echo *'"
    expect_equal "$variant: LISTEN_FDS" "$out" $'1 1\n0 1 2 3 4'
    expect_status 125 rt exec --preserve-fds 5 "$id" true
    expect_text "$variant: not open" "$err" "is not open"
done

# cgroup v2: a cgroup that the container has divided takes no process, and one that init has left may be gone: then the
# program goes where init is, unless it was asked for that very cgroup.
for maps in . "$(userns 0:100000:65536)"; do
    start "$maps"
    group=$(jq -r '.cgroups[-1]' "$state/$id/state.json")
    [[ -e $group/cgroup.controllers ]] || continue
    mkdir "$group/leaf"
    echo "$init" >"$group/leaf/cgroup.procs"
    if read -r controller _ <"$group/cgroup.controllers" && echo "+$controller" >"$group/cgroup.subtree_control"; then
        rt exec -d --pid-file "$work/pid" "$id" sleep 300
        expect_equal "a divided cgroup" "$(grep ^0:: "/proc/$(<"$work/pid")/cgroup")" "$(grep ^0:: "/proc/$init/cgroup")"
        expect_text "a divided cgroup" "$(grep ^0:: "/proc/$init/cgroup")" /leaf
        expect_status 125 rt exec --cgroup / "$id" true
        expect_text "a divided cgroup, asked for" "$err" "$group" "device or resource busy (EBUSY)"
    fi
    rt delete --force "$id"
    start "$maps"
    elsewhere=${group%/*}/$id-other
    mkdir "$elsewhere"
    echo "$init" >"$elsewhere/cgroup.procs"
    rmdir "$group"
    rt exec -d --pid-file "$work/pid" "$id" sleep 300
    expect_equal "a cgroup that is gone" "$(grep ^0:: "/proc/$(<"$work/pid")/cgroup")" "$(grep ^0:: "/proc/$init/cgroup")"
    expect_status 125 rt exec --cgroup / "$id" true
    expect_text "a cgroup that is gone, asked for" "$err" "$group" "no such file or directory"
    rt delete --force "$id"
    for _ in $(seq 100); do [[ -n $(<"$elsewhere/cgroup.procs") ]] || break; sleep 0.05; done
    rmdir "$elsewhere"
done

# CPUs: the caller is pinned, the program is not; what config.json or the process file says, from the kernel's own file.
cpus="grep Cpus_allowed_list /proc/self/status"
every=$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
if [[ $every == 0-* ]]; then
    for maps in . "$(userns 0:100000:65536)"; do
        start "$maps | .process.execCPUAffinity={initial:\"0\",final:\"1\"}"
        expect_status 0 rt exec "$id" sh -c "$cpus"
        expect_text "final CPUs" "$out" $'\t1'
        jq ".process | .args=[\"sh\",\"-c\",\"$cpus\"] | .execCPUAffinity={initial:\"0\"}" "$work/box/config.json" >"$work/process.json"
        expect_status 0 taskset -c 1 "$RT" --root "$state" exec -p "$work/process.json" "$id"
        expect_text "no final CPUs" "$out" $'\t'"$every"
        jq '.process | .args=["true"] | .execCPUAffinity={initial:"8000"}' "$work/box/config.json" >"$work/process.json"
        expect_status 125 rt exec -p "$work/process.json" "$id"
        expect_text "no such CPU" "$err" /process/execCPUAffinity/initial 8000
    done
fi

# Policies and limits: of config.json, unless the process file has its own.
policy="awk '{print \$(NF-11)}' /proc/self/stat; cut -d ' ' -f 19 /proc/self/stat"
for maps in . "$(userns 0:100000:65536)"; do
    start "$maps | .process.scheduler={policy:\"SCHED_BATCH\",nice:3} | .process.ioPriority={class:\"IOPRIO_CLASS_IDLE\",priority:0} | .linux.personality={domain:\"LINUX32\"} | .linux.memoryPolicy={mode:\"MPOL_INTERLEAVE\",nodes:\"0\"} | .process.rlimits=[{type:\"RLIMIT_NOFILE\",soft:77,hard:88}] | .process.oomScoreAdj=300"
    expect_status 0 rt exec "$id" sh -c "$policy; ionice; uname -m; head -n 1 /proc/self/numa_maps; ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj"
    expect_text "as in config.json" "$out" $'3\n3\nidle\ni686' interleave:0 $'77\n88\n300'
    jq --arg script "$policy; ionice" '.process | .args=["sh","-c",$script] | .scheduler={policy:"SCHED_IDLE"} | .ioPriority={class:"IOPRIO_CLASS_BE",priority:7}' \
        "$work/box/config.json" >"$work/process.json"
    expect_status 0 rt exec -p "$work/process.json" "$id"
    expect_text "as in the process file" "$out" $'5\n0\nbest-effort: prio 7'
done

# The filter of the container, with and without no_new_privs.
for maps in . "$(userns 0:100000:65536)"; do
    for no_new_privs in true false; do
        start "$maps | .process.noNewPrivileges=$no_new_privs | .linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",syscalls:[{names:[\"mkdir\",\"mkdirat\",\"getcwd\",\"setns\",\"openat2\"],action:\"SCMP_ACT_ERRNO\",errnoRet:18}]}"
        expect_status 1 rt exec -u 1000 "$id" mkdir /dev/shm/x
        expect_text "filter" "$err" "Invalid cross-device link"
        expect_status 0 rt exec -u 1000 "$id" grep -E 'Seccomp:|NoNewPrivs|CapPrm' /proc/self/status
        expect_text "filter" "$out" $'Seccomp:\t2' $'CapPrm:\t0000000000000000' $'NoNewPrivs:\t'"$([[ $no_new_privs == true ]] && echo 1 || echo 0)"
        expect_status 127 rt exec "$id" nosuch
        expect_status 0 rt exec --no-new-privs "$id" grep NoNewPrivs /proc/self/status
        expect_equal "--no-new-privs" "$out" $'NoNewPrivs:\t1'
    done
done

# The session keyring is the container's, for every user of it.
if [[ -e /proc/keys ]]; then
    for maps in . "$(userns 0:100000:65536)"; do
        start "$maps | .linux.maskedPaths=[]"
        name=$(jq -r .sessionKeyring "$state/$id/private.json")
        expect_status 0 rt exec "$id" grep -F "$name" /proc/keys
        first=${out%% *}
        expect_status 0 rt exec -u 1000 "$id" grep -F "$name" /proc/keys
        expect_equal "one keyring" "$(wc -l <<<"$out") ${out%% *}" "1 $first"
        expect_equal "it is that of the container" "$(grep -cF "$name" /proc/keys)" "$(grep -cF "$first" /proc/keys)"
    done
fi
rt delete --force "$id"
expect_nothing_left "$id"
finish
