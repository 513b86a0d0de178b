#!/usr/bin/env bash
# When a container gets the CPU, the disk and which memory: the kernel's own files say what is set, with and without a user
# namespace, for root and for another user.
source "$(dirname "$0")/lib.bash"

inside() {  # NAME FILTER SCRIPT FRAGMENT...
    expect_inside "$1" "$2 | .process.args=[\"sh\",\"-c\",\"$3\"]" "${@:4}"
}
scheduler() { echo ".process.scheduler={policy:\"SCHED_$1\"${2:+,$2}}"; }
# /proc/self/stat: 40 real-time priority, 41 policy (proc(5)); /proc/self/sched says prio = 120 + nice.
policy_of_self="awk '{print \$(NF-12), \$(NF-11)}' /proc/self/stat"
nice_of_self="cut -d ' ' -f 19 /proc/self/stat"
holds() { (($((16#$(sed -n 's/^CapEff:\t//p' /proc/self/status))) >> $1 & 1)); }
readonly cap_sys_nice=23 cap_sys_resource=24
holds $cap_sys_nice || skip "this root lacks CAP_SYS_NICE"

every=$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)
for variant in host user; do
    for user in 0 1000; do
        base=".process.user={uid:$user,gid:$user}"
        [[ $variant == user ]] && base+=" | $(userns 0:100000:65536)"
        inside plain "$base" "$policy_of_self; $nice_of_self; cat /proc/self/personality; uname -m" $'0 0\n0\n00000000\n'"$(uname -m)"
        inside batch "$base | $(scheduler BATCH nice:7)" "$policy_of_self; $nice_of_self" $'0 3\n7'
        inside other "$base | $(scheduler OTHER nice:-11)" "$policy_of_self; $nice_of_self" $'0 0\n-11'
        inside idle "$base | $(scheduler IDLE)" "$policy_of_self" '0 5'
        inside on-fork "$base | $(scheduler BATCH 'nice:-5,flags:["SCHED_FLAG_RESET_ON_FORK"]')" \
            "cut -d ' ' -f 19 /proc/1/stat; echo \$($nice_of_self)" $'-5\n0'
        for class in RT:1:2 BE:7:7 IDLE:0:0; do
            IFS=: read -r word level _ <<<"$class"
            [[ $word == RT ]] && shown="realtime: prio $level"
            [[ $word == BE ]] && shown="best-effort: prio $level"
            [[ $word == IDLE ]] && shown="idle"
            inside io "$base | .process.ioPriority={class:\"IOPRIO_CLASS_$word\",priority:$level}" "ionice -p 1" "$shown"
        done
        inside linux32 "$base | .linux.personality={domain:\"LINUX32\"}" "uname -m; cat /proc/self/personality" i686 00000008
        inside linux "$base | .linux.personality={domain:\"LINUX\"}" "uname -m" "$(uname -m)"
        inside bind "$base | .linux.memoryPolicy={mode:\"MPOL_BIND\",nodes:\"0\",flags:[\"MPOL_F_STATIC_NODES\"]}" \
            "head -n 1 /proc/self/numa_maps" "bind=static:0"
        inside interleave "$base | .linux.memoryPolicy={mode:\"MPOL_INTERLEAVE\",nodes:\"0\"}" "head -n 1 /proc/self/numa_maps" interleave:0
        inside local "$base | .linux.memoryPolicy={mode:\"MPOL_LOCAL\"}" "head -n 1 /proc/self/numa_maps" local
        # The caller is pinned, the container is not.
        rm -rf "$work/pinned"
        new_bundle pinned "$base | .process.execCPUAffinity={initial:\"0\",final:\"0-1\"} | .process.args=[\"grep\",\"Cpus_allowed_list\",\"/proc/self/status\"]" >/dev/null
        expect_status 0 taskset -c 0 "$RT" --root "$state" run -b "$work/pinned" "$prefix-pinned"
        expect_equal "CPUs of a container of a pinned rt" "$out" $'Cpus_allowed_list:\t'"$every"
    done
done

# Real-time policies: where the cgroups count real-time, a new one has none, and the message says so.
real_time=.
if [[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ]]; then
    for policy in FIFO RR; do
        expect_refused "$(scheduler $policy priority:5)" "SCHED_$policy" "operation not permitted (EPERM)" cpu.rt_runtime_us
    done
    real_time='.linux.resources.cpu={realtimeRuntime:10000,realtimePeriod:1000000}'
fi
for maps in . "$(userns 0:100000:65536)"; do
    base="$maps | $real_time"
    inside fifo "$base | $(scheduler FIFO priority:99)" "$policy_of_self" '99 1'
    inside round-robin "$base | $(scheduler RR priority:1) | .process.user={uid:1000,gid:1000}" "$policy_of_self" '1 2'
    inside deadline "$base | $(scheduler DEADLINE 'runtime:20000000,deadline:50000000,period:100000000,flags:["SCHED_FLAG_RESET_ON_FORK"]')" \
        "awk '{print \$(NF-11)}' /proc/1/stat" 6
done
expect_refused "$(scheduler DEADLINE 'runtime:2000,deadline:5000,period:5000000000')" SCHED_DEADLINE "invalid argument (EINVAL)" sched_deadline_period_min_us
if [[ $(nproc) -gt 1 ]]; then
    expect_refused "$(scheduler DEADLINE 'runtime:10000000,deadline:1000000000') | .linux.resources.cpu.cpus=\"0\"" SCHED_DEADLINE "(EPERM)" cpuset
fi

# Without CAP_SYS_NICE over the host: what needs none is set, for the rest the message names it. Limits may stand in for it.
"$SOURCE_DIR/bundles/make-rootfs" "$work/user/rootfs"
cp "$RT" "$work/user/rt"
chown -R 12345:12345 "$work/user"
# Root without the capability, and an ordinary user who is root of a user namespace of his own.
as_root() { (cd "$work/user" && setpriv --bounding-set=-sys_nice "$@"); }
as_user() { (cd "$work/user" && setpriv --reuid 12345 --regid 12345 --clear-groups "$@"); }
weak() {  # WANTED-STATUS WHO FILTER
    rm -f "$work/user/config.json"
    if [[ $2 == as_user ]]; then as_user ./rt spec --rootless; else "$RT" spec --bundle "$work/user"; fi
    jq ".process.terminal=false | $3 | .process.args=[\"sh\",\"-c\",\"$policy_of_self; $nice_of_self; ionice -p 1\"]" \
        "$work/user/config.json" >"$work/new"
    cp "$work/new" "$work/user/config.json"
    expect_status "$1" "$2" ./rt --root "$work/user/state-$2" run "$prefix-weak"
    expect_equal "nothing left" "$(ls "$work/user/state-$2")" ""
}
for who in as_root as_user; do
    $who true || { echo "setpriv(1) cannot do that here: $who is left out"; continue; }
    weak 0 $who "$(scheduler BATCH nice:7) | .process.ioPriority={class:\"IOPRIO_CLASS_BE\",priority:6}"
    expect_equal "batch without privileges" "$out" $'0 3\n7\nbest-effort: prio 6'
    weak 125 $who "$(scheduler OTHER nice:-1)"
    expect_text "nice without privileges" "$err" SCHED_OTHER EPERM CAP_SYS_NICE RLIMIT_NICE
    weak 125 $who "$(scheduler FIFO priority:1)"
    expect_text "real-time without privileges" "$err" SCHED_FIFO EPERM CAP_SYS_NICE RLIMIT_RTPRIO
    weak 125 $who "$(scheduler DEADLINE runtime:2000000,deadline:5000000)"
    expect_text "deadline without privileges" "$err" SCHED_DEADLINE EPERM CAP_SYS_NICE
    weak 0 $who '.process.ioPriority={class:"IOPRIO_CLASS_IDLE",priority:0}'
    expect_text "idle I/O without privileges" "$out" idle
done
weak 125 as_user '.process.ioPriority={class:"IOPRIO_CLASS_RT",priority:0}'
expect_text "I/O priority without privileges" "$err" IOPRIO_CLASS_RT EPERM CAP_SYS_NICE
weak 125 as_user '.process.oomScoreAdj=-1000'
expect_text "oom_score_adj without privileges" "$err" CAP_SYS_RESOURCE /process/oomScoreAdj

# oom_score_adj may be raised by all, lowered with CAP_SYS_RESOURCE of the host.
for maps in . "$(userns 0:100000:65536)"; do
    inside oom-unset "$maps" "cat /proc/self/oom_score_adj" "$(cat /proc/self/oom_score_adj)"
    inside oom-raised "$maps | .process.oomScoreAdj=1000" "cat /proc/self/oom_score_adj" 1000
    if holds $cap_sys_resource; then
        inside oom-lowered "$maps | .process.oomScoreAdj=-999" "cat /proc/self/oom_score_adj" -999
    else
        expect_refused "$maps | .process.oomScoreAdj=-999" -999 "(EACCES)" CAP_SYS_RESOURCE /process/oomScoreAdj
    fi
done
# Wrong values are refused with their place; the unit tests have all of them.
expect_refused "$(scheduler ISO)" /process/scheduler/policy SCHED_ISO
expect_refused "$(scheduler OTHER priority:1)" /process/scheduler/priority
expect_refused '.process.ioPriority={class:"IOPRIO_CLASS_BE",priority:8}' /process/ioPriority/priority
expect_refused '.process.execCPUAffinity={initial:"0-"}' /process/execCPUAffinity/initial
expect_refused '.linux.personality={domain:"BSD"}' /linux/personality/domain LINUX32
expect_refused '.linux.personality={domain:"LINUX",flags:["X"]}' /linux/personality/flags/0
expect_refused '.linux.memoryPolicy={nodes:"0"}' /linux/memoryPolicy mode
expect_refused '.linux.memoryPolicy={mode:"MPOL_BIND"}' /linux/memoryPolicy/nodes
expect_refused '.linux.memoryPolicy={mode:"MPOL_BIND",nodes:"1023"}' /linux/memoryPolicy/nodes 1023 "$(cat /sys/devices/system/node/possible)"
# Relative to the allowed nodes any number is possible: the kernel folds it.
inside relative '.linux.memoryPolicy={mode:"MPOL_BIND",nodes:"5",flags:["MPOL_F_RELATIVE_NODES"]}' "head -n 1 /proc/self/numa_maps" "bind=relative:0"
finish
