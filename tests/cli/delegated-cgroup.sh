#!/usr/bin/env bash
# A part of cgroup v2 that is given to an ordinary user, as systemd gives it: where the container's cgroup is, and what is said about
# what is not the user's. In a mount namespace where only v2 is mounted; with a real systemd: vm/rootless.sh.
source "$(dirname "$0")/lib.bash"
if [[ -z ${LAYOUT:-} ]]; then
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    LAYOUT=unified exec unshare --mount --propagation private "$0"
fi
[[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || skip "the kernel has no cgroup v2"
as_user=(setpriv --reuid 12345 --regid 12345 --clear-groups)
"${as_user[@]}" unshare --user true 2>/dev/null || skip "an ordinary user may not make user namespaces here"

id=$prefix-mine
top=/sys/fs/cgroup/$prefix
mine=$top/user
service=$top/service
trap 'rmdir "$mine"/{caller,foreign} "$mine" "$service" "$top/other" "$top" 2>/dev/null || true; cleanup' EXIT
mkdir -p "$mine"/{caller,foreign} "$service" "$top/other"
for given in "$mine" "$service"; do chown 12345 "$given" "$given"/cgroup.{procs,threads,subtree_control}; done
controller=$(grep -ow hugetlb /sys/fs/cgroup/cgroup.controllers || true)
pass_on() { [[ -z $controller ]] || echo "$1$controller" >"$2/cgroup.subtree_control"; }
pass_on + /sys/fs/cgroup
pass_on + "$top"

cp "$RT" "$work/rt"
mkdir "$work/run" "$work/user"
"$SOURCE_DIR/bundles/make-rootfs" "$work/user/rootfs"
chown -R 12345:12345 "$work/run" "$work/user"
# user CGROUP COMMAND...: as that user, in that cgroup
user() { (echo "$BASHPID" >"$1/cgroup.procs" && cd "$work/user" && exec "${as_user[@]}" env XDG_RUNTIME_DIR="$work/run" "${@:2}"); }
urt() { user "$1" "$work/rt" "${@:2}"; }
config() {
    rm -f "$work/user/config.json"
    urt "$mine/caller" spec --rootless
    jq ".process.terminal=false | .process.args=[\"sleep\",\"1000\"] | $1" "$work/user/config.json" >"$work/config"
    cat "$work/config" >"$work/user/config.json"
}
nothing_left() {
    expect_equal "state" "$(ls "$work/run/rt")" ""
    expect_equal "cgroups" "$(find "$top" -mindepth 1 -type d | sort | xargs)" "$top/other $service $mine $mine/caller $mine/foreign"
}
place_of_init() { grep ^0:: "/proc/$(urt "$mine/caller" state "$id" | jq .pid)/cgroup"; }

config .
expect_status 0 urt "$mine/caller" run -d "$id"
expect_equal "beside the caller" "$(place_of_init)" "0::/$prefix/user/$id/container"
expect_status 0 urt "$mine/caller" exec "$id" true
expect_status 125 urt "$top/other" exec "$id" true
expect_text "exec from elsewhere" "$err" "$mine/$id/container" EACCES "systemd-run --user --scope"
expect_status 0 urt "$top/other" pause "$id"
expect_status 0 urt "$top/other" delete --force "$id"
nothing_left

config '.linux.cgroupsPath="group/box"'
expect_status 0 urt "$mine/caller" run -d "$id"
expect_equal "relative" "$(place_of_init)" "0::/$prefix/user/group/box"
expect_status 0 urt "$mine/caller" delete --force "$id"
config ".linux.cgroupsPath=\"/$prefix/user/group/box\""
expect_status 0 urt "$mine/caller" run -d "$id"
expect_equal "absolute" "$(place_of_init)" "0::/$prefix/user/group/box"
expect_status 0 urt "$mine/caller" delete --force "$id"
config ".linux.cgroupsPath=\"/$prefix/user/foreign/box\""
expect_status 125 urt "$mine/caller" run "$id"
expect_text "somebody else's" "$err" "cannot make the cgroup '$mine/foreign/box'" "the owner of $mine/foreign is uid 0" EACCES
nothing_left

# Outside of what is the user's there is none: nothing is lost without limits.
for place in "$mine/caller" "$top/other"; do
    config ".linux.cgroupsPath=\"/$prefix/other/box\" | .process.args=[\"true\"]"
    expect_status 0 urt "$place" run "$id"
done
nothing_left

# Below the caller when nothing beside it is the user's; the caller's own cgroup stays as it is.
config '.'
expect_status 0 urt "$service" run -d "$id"
expect_equal "below the caller" "$(place_of_init)" "0::/$prefix/service/$id/container"
expect_equal "the caller's" "$(cat "$service/cgroup.type")" domain
expect_status 0 urt "$mine/caller" delete --force "$id"
nothing_left

if [[ -n $controller ]]; then
    config '.linux.resources={hugepageLimits:[{pageSize:"2MB",limit:4194304}]}'
    place=/linux/resources/hugepageLimits/0
    expect_status 0 urt "$mine/caller" run -d "$id"
    expect_equal "the limit" "$(cat "$mine/$id/container/hugetlb.2MB.max")" 4194304
    expect_status 0 urt "$mine/caller" delete --force "$id"
    nothing_left
    expect_status 125 urt "$service" run "$id"
    expect_text "processes in the way" "$err" "$place" "'$service' does not pass it on" "it holds processes itself"
    expect_status 125 urt "$top/other" run "$id"
    expect_text "nothing is the user's" "$err" "$place" "no cgroup can be made in /sys/fs/cgroup: its owner is uid 0" \
        "/$prefix/other" "systemd-run --user --scope -p Delegate=yes rt run"
    pass_on - "$mine"
    pass_on - "$top"
    expect_status 125 urt "$mine/caller" run "$id"
    expect_text "a level that keeps it" "$err" "$place" "hugetlb ends at $top (its owner is uid 0)" "to $mine" "remove the value"
    nothing_left
else
    echo "not on this machine: the hugetlb controller on cgroup v2"
fi
finish
