#!/usr/bin/env bash
# rt as root of a user namespace, inside a container of unshare(1) or of rt: it works, or says which part is missing.
source "$(dirname "$0")/lib.bash"

! sanitized "their start reads /proc, and rt in a container needs its libraries there" || exit 77
unshare --user true 2>/dev/null || skip "user namespaces cannot be made here"
"$SOURCE_DIR/bundles/make-rootfs" "$work/rootfs"
mkdir "$work/nested-state"
outside="unshare --user --map-root-user --mount --pid --fork --mount-proc"
one=$(userns 0:0:1)
no_pid='del(.linux.namespaces[] | select(.type=="pid"))'
# in_unshare NAME SHELL: rt runs the bundle NAME after the shell commands.
in_unshare() {
    $outside sh -c "$2 '$RT' --root '$work/nested-state' run -b '$work/$1' '$prefix-$1'"
}
# One user namespace more: what is covered may not be uncovered there, and no procfs of the pid namespace can be had.
inner_user="exec unshare --user --map-root-user --mount"
cover="mount --bind /dev/null /proc/interrupts; mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys"
show='.process.args=["sh","-c","cat /proc/self/uid_map; echo $$; grep -c \" - proc \" /proc/self/mountinfo"]'
tidy() { tr -s ' \n' ' ' <<<"$1"; }
works() {  # NAME FILTER SHELL OUTPUT
    new_bundle "$1" "$2" >/dev/null
    expect_status 0 in_unshare "$1" "$3"
    expect_equal "$1" "$(tidy "$out")" " $4 "
    expect_equal "$1: nothing left" "$(ls "$work/nested-state")" ""
}
refused() {  # NAME FILTER SHELL FRAGMENT...
    local name=$1
    new_bundle "$1" "$2" >/dev/null
    expect_status 125 in_unshare "$1" "$3"
    shift 3
    expect_text "$name" "$err" "$@"
    expect_equal "$name: nothing left" "$(ls "$work/nested-state")" ""
}
plain='.linux.maskedPaths=[] | .linux.readonlyPaths=[]'

# Without a mount namespace of its own (unshare --user alone) it has no rights over the mounts that it sees: the container makes
# one, as for an ordinary user.
mkdir -p "$work/data" "$work/rootfs/mnt"
echo content >"$work/data/file"
for variant in . "$one"; do
    rm -rf "$work/mountless"
    new_bundle mountless "$variant | .mounts += [{destination:\"/mnt\",type:\"bind\",source:\"$work/data\",options:[\"rbind\",\"ro\"]}] |
        .process.args=[\"sh\",\"-c\",\"cat /mnt/file; touch /mnt/x 2>&1 | grep -o Read-only; cat /proc/self/uid_map\"]" >/dev/null
    alone() { unshare --user --map-root-user "$RT" --root "$work/nested-state" "$@"; }
    expect_status 1 alone check -b "$work/mountless"
    expect_status 0 alone run -b "$work/mountless" "$prefix-mountless"
    expect_equal "without a mount namespace" "$(tidy "$out")" "content Read-only 0 0 1 "
    expect_equal "nothing left" "$(ls "$work/nested-state")" ""
done
for command in create "run -d"; do
    change_config mountless '.process.args=["sleep","1000"]'
    # shellcheck disable=SC2086  # two words
    expect_status 0 alone $command -b "$work/mountless" "$prefix-mountless"
    expect_status 0 alone delete --force "$prefix-mountless"
done

# A /proc of its own that it sees all of: a new user namespace, or the one it is in.
works whole "$one | $plain | $show" "" "0 0 1 1 1"
expect_text "group that does not exist" "$err" "'gid=5' is left out"
works whole-own "$plain | $show" "" "0 0 1 1 1"
expect_text "group that does not exist" "$err" "'gid=5' is left out"
refused unmapped-user ".process.user.uid=7" "" "/process/user/uid" "uid 7 is not mapped"

# Parts of /proc are covered, and /proc/sys is read-only, as in a container: rt itself runs; a new proc cannot be had in a new
# user namespace, and the message says which part is in the way. Without a pid namespace it is the caller's /proc.
works covered-own "$plain | $show" "$cover; exec" "0 0 1 1 1"
refused covered "$one" "$cover; exec" "mount 0 (proc on /proc)" "EPERM" "'/proc/interrupts', '/proc/sys' are covered" 'leave { "type": "pid" } out'
new_bundle covered-bound "$one | $plain | $no_pid | .process.args=[\"sh\",\"-c\",\"wc -c </proc/interrupts; grep -o ' /proc/sys ro' /proc/self/mountinfo; echo x 2>&1 >/proc/sys/kernel/domainname | grep -o Read-only\"]" >/dev/null
expect_status 0 in_unshare covered-bound "$cover; exec"
expect_text "covered-bound" "$out" "0" " /proc/sys ro"

works locked "$one | $plain | $no_pid | .process.args=[\"cat\",\"/proc/self/uid_map\"]" "$cover; $inner_user" "0 0 1"
refused locked-pid "$one" "$cover; $inner_user" "mount 0 (proc on /proc)" "'/proc/interrupts', '/proc/sys' are covered"

# /proc shows the processes of another pid namespace: their files are not touched. rt mounts one for itself, or says so.
other="$outside sh -c"
new_bundle other-pids "$one | $plain | $show" >/dev/null
expect_status 0 unshare --user --map-root-user --mount --pid --fork "$RT" --root "$work/nested-state" run -b "$work/other-pids" "$prefix-other-pids"
expect_equal "other pids" "$(tidy "$out")" " 0 0 1 1 1 "
expect_status 125 $other "$cover; exec unshare --user --map-root-user --mount --pid --fork '$RT' --root '$work/nested-state' run -b '$work/other-pids' '$prefix-other-pids'"
expect_text "other pids, covered" "$err" "cannot use '/proc'" "another pid namespace" "mount -t proc proc /proc"

# What lies over /proc is not taken for it, and not written to; neither is what lies over one of its files.
mkdir -p "$work/fake/self"
echo fake >"$work/fake/self/uid_map"
expect_status 125 in_unshare whole "mount --bind '$work/fake' /proc;"
expect_text "another directory over /proc" "$err" "'/proc'" "not the root of a procfs"
expect_status 125 in_unshare whole "mount -t tmpfs none /proc;"
expect_text "a tmpfs over /proc" "$err" "'/proc'" "not the root of a procfs"
cp "$work/fake/self/uid_map" "$work/fake/boot_id"
refused covered-file "$one" "mount --bind '$work/fake/boot_id' /proc/sys/kernel/random/boot_id; $inner_user" \
    "'/proc/sys/kernel/random/boot_id'" "mounted over it" "EXDEV"
works covered-file-own "$plain | $show" "mount --bind '$work/fake/boot_id' /proc/sys/kernel/random/boot_id; exec" "0 0 1 1 1"
expect_equal "the fake file" "$(cat "$work/fake/boot_id")" fake

# A new sysfs likewise: the caller's /sys takes its place, read-only, and the reason is told.
new_bundle sys "$one | .process.args=[\"grep\",\"-c\",\" /sys .*ro.* - sysfs \",\"/proc/self/mountinfo\"]" >/dev/null
expect_status 0 in_unshare sys "mount -t tmpfs none /sys/kernel/slab 2>/dev/null || mount -t tmpfs none /sys/module; exec"
expect_equal "sysfs" "$out" 1
expect_text "sysfs" "$err" "warning: mount 5 (sysfs on /sys)" "caller's /sys is bound instead, read-only" "is covered by other mounts"

# rt in a container of rt, with a mapping inside the mapping.
mkdir -p "$work/outer/inner" && "$SOURCE_DIR/bundles/make-rootfs" "$work/outer/rootfs"
install -m 755 "$RT" "$work/outer/rootfs/bin/rt"
mkdir -p "$work/outer/rootfs/inner" "$work/outer/rootfs/run"
cp -a "$work/rootfs" "$work/outer/rootfs/inner/rootfs"
"$RT" spec --bundle "$work/outer"
"$RT" spec --bundle "$work/outer/rootfs/inner"
chown -R 100000:100000 "$work/outer/rootfs"
all='.process.capabilities |= map_values(["CAP_SYS_ADMIN","CAP_SETUID","CAP_SETGID","CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_SETPCAP","CAP_KILL","CAP_MKNOD","CAP_NET_BIND_SERVICE","CAP_AUDIT_WRITE","CAP_SYS_CHROOT","CAP_NET_ADMIN","CAP_SYS_RESOURCE","CAP_SYS_PTRACE","CAP_SETFCAP"])'
rt_in_rt() {  # OUTER-FILTER INNER-FILTER
    [[ -e $work/outer.json ]] || cp "$work/outer/config.json" "$work/outer.json"
    [[ -e $work/inner.json ]] || cp "$work/outer/rootfs/inner/config.json" "$work/inner.json"
    jq ".process.terminal=false | .root.readonly=false | .process.noNewPrivileges=false | $all | $(userns 0:100000:65536) | .process.args=[\"rt\",\"--root\",\"/run/state\",\"run\",\"-b\",\"/inner\",\"inside\"] | $1" \
        "$work/outer.json" >"$work/outer/config.json"
    jq ".process.terminal=false | .process.args=[\"sh\",\"-c\",\"cat /proc/self/uid_map; stat -c %u /dev/null /bin/sh; touch /dev/shm/x && stat -c %u:%g /dev/shm/x\"] | $2" \
        "$work/inner.json" >"$work/outer/rootfs/inner/config.json"
    rt run -b "$work/outer" "$prefix-outer"
}
inner=$(userns 0:1000:100)
expect_status 0 rt_in_rt "$plain" "$inner"
expect_equal "rt in rt" "$(tidy "$out")" " 0 1000 100 65534 65534 0:0 "
expect_nothing_left "$prefix-outer"
expect_equal "nothing left inside" "$(ls "$work/outer/rootfs/run/state" 2>/dev/null)" ""
expect_status 0 rt_in_rt "." "."
expect_equal "rt in rt, in the same user namespace" "$(tidy "$out")" " 0 100000 65536 0 0 0:0 "
expect_status 125 rt_in_rt '.linux.maskedPaths=["/proc/keys"] | .linux.readonlyPaths=[]' "$inner"
expect_text "rt in rt, masked" "$err" "mount 0 (proc on /proc)" "'/proc/keys'"
# A mount that is id-mapped already: the inner rt may not map it once more.
mkdir "$work/outer/rootfs/v" "$work/outer/rootfs/inner/rootfs/v" && chown 100000:100000 "$work/outer/rootfs/v" "$work/outer/rootfs/inner/rootfs/v"
mkdir -m 755 "$work/volume"
expect_status 125 rt_in_rt "$plain | .mounts += [{destination:\"/v\",source:\"$work/volume\",options:[\"bind\",\"idmap\"]}]" \
    "$inner | .mounts += [{destination:\"/v\",source:\"/v\",options:[\"bind\",\"idmap\"]}]"
expect_text "mapped twice" "$err" "cannot id-map the mount of '/v'" "the mount at '/v' is id-mapped already" "EPERM"
expect_nothing_left "$prefix-outer"

finish
