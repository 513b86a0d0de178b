#!/usr/bin/env bash
# Device rules of a container that runs: what update changes, what it leaves, and what it never takes away in between. On the
# layout of this machine, and where only cgroup v2 is mounted.
source "$(dirname "$0")/lib.bash"

if [[ -z ${LAYOUT:-} ]]; then
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    for layout in machine unified; do
        checks=$((checks + 1))
        status=0
        LAYOUT=$layout unshare --mount --propagation private "$0" || status=$?
        [[ $status == 0 || $status == 77 ]] || fail "layout $layout"
    done
    finish
fi
[[ $LAYOUT == machine ]] || mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || skip "the kernel has no cgroup v2"

id=$prefix-devices
# Opens what it is told: the kernel log (1:11) and /dev/null, for as long as the test wants.
node='.linux.devices += [{path:"/dev/log",type:"c",major:1,minor:11,fileMode:438}] | .process.capabilities.bounding += ["CAP_MKNOD","CAP_SYSLOG"] | .process.capabilities.effective=.process.capabilities.bounding | .process.capabilities.permitted=.process.capabilities.bounding'
program='while :; do : </dev/null || echo lost >>/lost; sleep 0.05; done'
list() { echo ".linux.resources.devices=[$1]"; }
deny='{allow:false,access:"rwm"}'
log='{allow:true,type:"c",major:1,minor:11,access:"r"}'

# What a process in the container's cgroups gets when it opens the node: outside of its other namespaces, where it has the
# rights to open it.
mknod "$work/log" c 1 11
mknod "$work/null" c 1 3
head -c 0 "$work/log" 2>/dev/null || skip "the kernel log cannot be opened here"
opens() {  # NODE
    local directories
    directories=$(jq -r '.cgroups[]' "$state/$id/state.json")
    bash -c 'for d in $2; do echo $$ >"$d/cgroup.procs" 2>/dev/null; done; if : <"$1"; then echo yes; else echo no; fi' - "$1" "$directories" 2>/dev/null
}
update_devices() { jq -n "{devices:[$1]}" >"$work/devices.json"; rt update -r "$work/devices.json" "$id"; }

new_bundle devices "$node | $(list "$deny") | .root.readonly=false | .process.args=[\"sh\",\"-c\",$(jq -n --arg p "$program" '$p')]" >/dev/null
expect_status 0 rt run -d -b "$work/devices" "$id"
expect_equal "not allowed" "$(opens "$work/log")" no
expect_equal "customary" "$(opens "$work/null")" yes

# A list that allows something replaces what is there; null and the others are always in it.
expect_status 0 update_devices "$deny,$log"
expect_equal "allowed by update" "$(opens "$work/log")" yes
expect_equal "customary after update" "$(opens "$work/null")" yes

# What engines send along with other limits: the container keeps what it has.
expect_status 0 update_devices "$deny"
expect_equal "after the engine's deny-all" "$(opens "$work/log")" yes
jq -n "{}" >"$work/empty.json"
expect_status 0 rt update "$id" -r "$work/empty.json"
expect_equal "after nothing" "$(opens "$work/log")" yes

# Taken away again, with more than the deny-all.
expect_status 0 update_devices "$deny,{allow:true,type:\"b\",major:7,access:\"r\"}"
expect_equal "taken away" "$(opens "$work/log")" no

# All allowed, and back.
expect_status 0 update_devices '{allow:true,access:"rwm"}'
expect_equal "everything" "$(opens "$work/log")" yes
expect_status 0 rt pause "$id"
expect_status 0 update_devices "$deny,{allow:true,type:\"c\",major:10,access:\"rw\"}"
expect_equal "stays paused" "$(rt state "$id" | jq -r .status)" paused
expect_status 0 rt resume "$id"
expect_equal "back" "$(opens "$work/log")" no
expect_equal "customary" "$(opens "$work/null")" yes

# All or nothing, on both sides: a wrong rule, and a wrong limit beside right rules.
expect_status 1 update_devices "$deny,$log,{allow:true,type:\"c\",major:5000,access:\"r\"}"
expect_text "a wrong rule" "$err" /linux/resources/devices/2/major
expect_equal "a wrong rule changes nothing" "$(opens "$work/log")" no
jq -n "{devices:[$deny,$log],unified:{\"bogus.max\":\"1\"}}" >"$work/devices.json"
expect_status 1 rt update -r "$work/devices.json" "$id"
expect_equal "a wrong limit changes no rules" "$(opens "$work/log")" no

# Many times, and at no moment without /dev/null: the program looks, and so does a process beside it.
cat >"$work/watch" <<'SCRIPT'
for d in $2; do echo $$ >"$d/cgroup.procs" 2>/dev/null; done
while [ ! -e "$3" ]; do : <"$1" || { echo lost >"$4"; exit; }; done
SCRIPT
bash "$work/watch" "$work/null" "$(jq -r '.cgroups[]' "$state/$id/state.json")" "$work/done" "$work/lost" 2>/dev/null &
watcher=$!
for _ in $(seq 20); do
    expect_status 0 update_devices "$deny,$log"
    expect_status 0 update_devices "$deny,{allow:true,type:\"c\",major:10,access:\"rw\"}"
done
touch "$work/done"
wait "$watcher"
checks=$((checks + 1))
[[ ! -e $work/lost && ! -e $work/rootfs/lost ]] || fail "for a moment /dev/null was not allowed"

# One program at a time on v2.
unified=$(jq -r '.cgroups[] | select(test("unified") or test("^/sys/fs/cgroup/'"$id"'$"))' "$state/$id/state.json")
if [[ -n $unified ]] && command -v bpftool >/dev/null; then
    expect_equal "programs" "$(bpftool cgroup show "$unified" | grep -c rt_devices)" "$([[ $LAYOUT == unified ]] && echo 1 || echo 0)"
fi
expect_status 0 rt delete --force "$id"
expect_nothing_left "$id"

finish
