#!/usr/bin/env bash
# Where the cgroup of v2 is made: controllers along the path, who may be in the way, and whom it belongs to. In a mount namespace
# where only v2 is mounted.
source "$(dirname "$0")/lib.bash"
if [[ -z ${LAYOUT:-} ]]; then
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    LAYOUT=unified exec unshare --mount --propagation private "$0"
fi
[[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || skip "the kernel has no cgroup v2"
id=$prefix-v2
top=/sys/fs/cgroup/$prefix
trap 'rmdir "$top/busy/below" "$top/busy" "$top" 2>/dev/null || true; cleanup' EXIT

expect_status 1 rt create -b "$(new_bundle dots ".linux.cgroupsPath=\"/$prefix/../x\"")" "$id"
expect_text "a path with .." "$err" /linux/cgroupsPath '".." are not allowed'
expect_nothing_left "$id"

# Controllers are enabled at each level, and what is enabled is not written again.
new_bundle deep ".linux.cgroupsPath=\"/$prefix/deep/$id\"" >/dev/null
controllers=$(</sys/fs/cgroup/cgroup.controllers)
mkdir "$top"
if command -v strace >/dev/null; then
    expect_status 0 rt create -b "$work/deep" "$id"
    [[ -z $controllers ]] || expect_equal "enabled for it" "$(<"$top/deep/cgroup.subtree_control")" "$controllers"
    expect_status 0 rt delete "$id"
    # The second one: the levels are there, and have all controllers.
    change_config deep ".linux.cgroupsPath=\"/$prefix/deep/$id-3\""
    mkdir -p "$top/deep"
    [[ -z $controllers ]] || for level in "$top" "$top/deep"; do echo "+${controllers// / +}" >"$level/cgroup.subtree_control"; done
    expect_status 0 strace -y -e trace=write -o "$work/trace" "$RT" --root "$state" create -b "$work/deep" "$id"
    checks=$((checks + 1))
    ! grep -q 'write(.*cgroup.subtree_control' "$work/trace" || fail "written again: $(grep -m 1 'cgroup.subtree_control' "$work/trace")"
    expect_status 0 rt delete "$id"
    rmdir "$top/deep"
fi

# A cgroup with processes passes no controller on, and the message says who is in it.
if [[ -n $controllers ]]; then
    mkdir "$top/busy"
    sleep 300 &
    sleeper=$!
    echo "$sleeper" >"$top/busy/cgroup.procs"
    new_bundle busy ".linux.cgroupsPath=\"/$prefix/busy/below\" | .linux.resources.hugepageLimits=[{pageSize:\"2MB\",limit:4194304}]" >/dev/null
    expect_status 1 rt create -b "$work/busy" "$id"
    if grep -qw hugetlb <<<"$controllers"; then
        expect_text "processes in the way" "$err" /linux/resources/hugepageLimits/0 "'$top/busy' does not pass it on" "$sleeper" \
            "only from a cgroup that holds none" "move them into a cgroup beneath it"
    fi
    expect_nothing_left "$id"
    expect_equal "the other process" "$(<"$top/busy/cgroup.procs")" "$sleeper"
    # A cgroup that somebody is in, or that is frozen, is not taken.
    change_config busy ".linux.cgroupsPath=\"/$prefix/busy\" | del(.linux.resources.hugepageLimits)"
    expect_status 1 rt create -b "$work/busy" "$id"
    expect_text "somebody is in it" "$err" "$top/busy" "holds processes already ($sleeper)"
    kill "$sleeper"
    wait "$sleeper" 2>/dev/null || true
    echo 1 >"$top/busy/cgroup.freeze"
    expect_status 1 rt create -b "$work/busy" "$id"
    expect_text "frozen" "$err" "$top/busy" "it is frozen"
    expect_nothing_left "$id"
    rmdir "$top/busy"
fi

# With a user and a cgroup namespace, and writable, it belongs to the container's root: by the kernel's list, and by no more.
writable='.mounts |= map(if .type=="cgroup" then .options -= ["ro"] else . end) | .linux.namespaces |= (map(select(.type != "cgroup")) + [{type:"cgroup"}])'
owned() { find "$top/own" -maxdepth 1 -user 100000 -printf '%f\n' | sort | tr '\n' ' '; }
listed() { { echo own; for f in $(<"$1"); do if [[ -e $top/own/$f ]]; then echo "$f"; fi; done; } | sort | tr '\n' ' '; }
new_bundle own ".linux.cgroupsPath=\"/$prefix/own\" | $writable | $(userns 0:100000:65536)" >/dev/null
expect_status 0 rt create -b "$work/own" "$id"
expect_equal "what it owns" "$(owned)" "$(listed /sys/kernel/cgroup/delegate)"
expect_status 0 rt delete "$id"
# B4: a file of the list that this kernel has not is no error.
printf 'cgroup.procs\nno.such.file\ncgroup.threads\n' >"$work/delegate"
if mount --bind "$work/delegate" /sys/kernel/cgroup/delegate 2>/dev/null; then
    expect_status 0 rt create -b "$work/own" "$id"
    expect_equal "what it owns of another list" "$(owned)" "$(listed "$work/delegate")"
    expect_status 0 rt delete "$id"
    umount /sys/kernel/cgroup/delegate
fi
change_config own 'del(.linux.namespaces[] | select(.type=="cgroup"))'
expect_status 0 rt create -b "$work/own" "$id"
expect_equal "without a cgroup namespace" "$(owned)" ""
expect_status 0 rt delete "$id"
expect_nothing_left "$id"
finish
