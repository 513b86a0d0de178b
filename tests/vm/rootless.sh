#!/usr/bin/env bash
# An ordinary user in a session of systemd: where the cgroup of a container is, what it can have, and what is said where it cannot.
source "$(dirname "$0")/../cli/lib.bash"
source "$(dirname "$0")/../cli/rootless-bundles.bash"

user=tester
uid=$(id -u "$user" 2>/dev/null) && [[ -S /run/user/$uid/bus ]] || skip "no user with a manager of systemd here"
[[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || skip "only cgroup v2 is delegated to users"

home=$(mktemp -d /var/tmp/rt-rootless.XXXXXX)
trap 'rm -rf "$home"; cleanup' EXIT
cp "$RT" "$home/rt"
"$SOURCE_DIR/bundles/make-rootfs" "$home/rootfs"
chown -R "$user:" "$home"
root=/sys/fs/cgroup
manager=/user.slice/user-$uid.slice/user@$uid.service
id=$prefix-own

as_user() { (cd "$home" && runuser -u "$user" -- env XDG_RUNTIME_DIR="/run/user/$uid" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$uid/bus" "$@"); }
in_scope() { as_user systemd-run --user --scope --quiet -p Delegate=yes -- "$@"; }
in_service() { as_user systemd-run --user --pipe --wait --quiet --collect "--working-directory=$home" -- "$@"; }
config() {  # JQ-FILTER
    as_user rm -f "$home/config.json"
    as_user "$home/rt" spec --rootless
    as_user jq ".process.terminal=false | .process.args=[\"sleep\",\"1000\"] | ${1:-.}" "$home/config.json" >"$work/config"
    cat "$work/config" >"$home/config.json"
}
nothing_left() {
    expect_equal "state" "$(ls "/run/user/$uid/rt" 2>/dev/null)" ""
    expect_equal "cgroups" "$(find "$root" -name "*$prefix*")" ""
}
limits='.linux.resources={memory:{limit:52428800,swap:52428800},pids:{limit:20},cpu:{quota:25000,period:50000}}'

# --- beside the caller, with limits, from a scope and from a service of the user's manager ---
for how in in_scope in_service; do
    config "$limits"
    expect_status 0 $how "$home/rt" run -d "$id"
    pid=$(as_user "$home/rt" state "$id" | jq .pid)
    place=$manager/app.slice/$id/container
    expect_equal "its cgroup" "$(cat "/proc/$pid/cgroup")" "0::$place"
    expect_equal "limits" "$(cd "$root$place" && cat memory.max memory.swap.max pids.max cpu.max)" $'52428800\n0\n20\n25000 50000'
    # systemd looks after the controllers of its slices.
    as_user systemctl --user daemon-reload
    in_scope true
    expect_equal "limits after a reload" "$(cat "$root$place/cpu.max")" "25000 50000"
    expect_equal "owner" "$(stat -c %U "$root$place")" "$user"
    # From wherever the user is.
    expect_status 0 as_user "$home/rt" update --pids-limit 30 --memory 60M "$id"
    expect_equal "updated" "$(cd "$root$place" && cat memory.max pids.max)" $'62914560\n30'
    expect_equal "ps" "$(as_user "$home/rt" ps -f json "$id")" "[$pid]"
    expect_status 0 as_user "$home/rt" pause "$id"
    expect_equal "paused" "$(as_user "$home/rt" state "$id" | jq -r .status)" paused
    expect_status 0 as_user "$home/rt" resume "$id"
    expect_equal "stats" "$(as_user "$home/rt" events --stats "$id" | jq .data.memory.usage.limit)" 62914560
    expect_status 0 $how "$home/rt" exec "$id" cat /proc/self/cgroup
    expect_text "exec" "$out" "0::"
    # From another part of the tree the kernel moves nobody into it.
    expect_status 125 as_user "$home/rt" exec "$id" true
    expect_text "exec from elsewhere" "$err" "$root$place" EACCES "systemd-run --user --scope"
    expect_status 0 as_user "$home/rt" kill --all "$id" KILL
    expect_status 0 as_user "$home/rt" delete --force "$id"
    nothing_left
done

# The kernel keeps the limits.
config "$limits | .process.args=[\"tail\",\"/dev/zero\"]"
expect_status 137 in_scope "$home/rt" run "$id"
nothing_left

# --- a relative path is taken from the topmost cgroup that is delegated; an absolute one from the root ---
config "$limits | .linux.cgroupsPath=\"$prefix-group/box\""
expect_status 0 in_scope "$home/rt" run -d "$id"
expect_equal "relative" "$(cat "$root$manager/$prefix-group/box/pids.max")" 20
expect_status 0 as_user "$home/rt" delete --force "$id"
nothing_left
config "$limits | .linux.cgroupsPath=\"$manager/$prefix-group/box\""
expect_status 0 in_scope "$home/rt" run -d "$id"
expect_equal "absolute" "$(cat "$root$manager/$prefix-group/box/pids.max")" 20
expect_status 0 as_user "$home/rt" delete --force "$id"
nothing_left
config "$limits | .linux.cgroupsPath=\"/$prefix-group/box\""
expect_status 125 in_scope "$home/rt" run "$id"
expect_text "outside" "$err" /linux/resources/memory/limit "$root/$prefix-group/box is not in $root$manager" "leave /linux/cgroupsPath out"
config ".linux.cgroupsPath=\"/$prefix-group/box\" | .process.args=[\"true\"]"
expect_status 0 in_scope "$home/rt" run "$id"
nothing_left

# --- a controller that ends on the way ---
config '.linux.resources={hugepageLimits:[{pageSize:"2MB",limit:4194304}]}'
expect_status 125 in_scope "$home/rt" run "$id"
expect_text "not delegated" "$err" /linux/resources/hugepageLimits/0 "the cgroup controller hugetlb ends at $root" "owner is uid 0" "remove the value"

# --- nothing is the user's: limits are refused with the way to have them; without limits it runs ---
config "$limits"
expect_status 125 as_user "$home/rt" run "$id"
expect_text "no delegation" "$err" /linux/resources/memory/limit "no cgroup can be made in $root" "owner is uid 0" \
    "systemd-run --user --scope -p Delegate=yes rt run"
nothing_left
config '.process.args=["true"]'
expect_status 0 as_user "$home/rt" run "$id"
nothing_left

# --- a service of the system that is the user's: there is no place beside, and below processes no controller ---
service() { systemd-run --pipe --wait --quiet --collect "--working-directory=$home" -p "User=$user" -p Delegate=yes "--setenv=XDG_RUNTIME_DIR=/run/user/$uid" -- "$@"; }
config '.process.args=["cat","/proc/self/cgroup"] | .linux.namespaces |= map(select(.type != "cgroup"))'
expect_status 0 service "$home/rt" run "$id"
expect_text "below the caller" "$out" "0::/system.slice/run-" "/$id/container"
config "$limits"
expect_status 125 service "$home/rt" run "$id"
expect_text "internal processes" "$err" /linux/resources/memory/limit "it holds processes itself"
nothing_left

# --- the cgroups that the container makes itself go with it ---
config '.mounts |= map(if .destination == "/sys/fs/cgroup" then {destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["rw"]} else . end)
    | .linux.namespaces |= (map(select(.type != "cgroup")) + [{type:"cgroup"}])
    | .process.args=["sh","-c","mkdir -p /sys/fs/cgroup/in/side && echo 0 >/sys/fs/cgroup/in/side/cgroup.procs && cat /proc/self/cgroup"]'
expect_status 0 in_scope "$home/rt" run "$id"
expect_equal "made inside" "$out" "0::/in/side"
nothing_left

# --- by the user's systemd, from where nothing is delegated ---
config "$limits"
expect_status 0 as_user "$home/rt" --systemd-cgroup run -d "$id"
expect_equal "its unit" "$(cat "$root$manager/user.slice/rt-$id.scope/pids.max")" 20
expect_status 0 as_user "$home/rt" delete --force "$id"
nothing_left

# --- every example bundle, with a cgroup of the user and without ---
bundle_directory=$home
urt() { as_user "$home/rt" "$@"; }
run_bundles "$uid" urt
nothing_left
urt() { in_scope "$home/rt" "$@"; }
run_bundles "$uid" urt
nothing_left
finish
