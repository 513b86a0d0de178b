#!/usr/bin/env bash
# rt, its init and its helpers are killed at their system calls, and the calls fail: each operation is done then, or nothing is
# left, or delete --force leaves nothing. Without RT_CRASH=all a sample. Words after the script choose operations.
source "$(dirname "$0")/lib.bash"

# One that has little, and one in which each step is taken: user namespace, id-mapped mounts, limits, a cgroup of several levels,
# kernel parameters, a system call filter, hooks of each kind.
mkdir "$work/source"
everything="$(userns 0:100000:65536) | .mounts += [
    {destination:\"/v\",source:\"$work/source\",options:[\"bind\",\"idmap\"]},{destination:\"/w\",source:\"$work/rootfs/bin\",options:[\"bind\",\"idmap\"]}] |
    .linux.resources.pids={limit:100} | .linux.resources.memory={limit:268435456} | .linux.cgroupsPath=\"/$prefix-full/box\" |
    .linux.sysctl={\"net.ipv4.ip_forward\":\"1\"} | .linux.seccomp={defaultAction:\"SCMP_ACT_ALLOW\",syscalls:[{names:[\"swapon\"],action:\"SCMP_ACT_ERRNO\"}]} |
    .hooks=([\"prestart\",\"createRuntime\",\"createContainer\",\"startContainer\",\"poststart\",\"poststop\"] | map({(.):[{path:\"/bin/true\"}]}) | add)"
for bundle in plain full; do
    filter=.
    [[ $bundle == plain ]] || filter=$everything
    new_bundle "$bundle" "$filter | .process.args=[\"sleep\",\"1000\"]" >/dev/null
    new_bundle "$bundle-short" "$filter" >/dev/null
    new_bundle "$bundle-terminal" "$filter | .process.terminal=true" >/dev/null
done
chmod 700 "$work/source"  # an id-mapped directory that everybody can walk to is warned of
mkdir -p "$work/rootfs/v" "$work/rootfs/w"

# Every how many faults one is tried, from another one on for each kind.
every() {  # OPERATION
    [[ ${RT_CRASH:-} != all ]] || { echo "${RT_CRASH_EVERY:-1}"; return; }
    case $1 in
        create | run*) echo 811 ;;
        exec*) echo 211 ;;
        *) echo 127 ;;
    esac
}

operations=("$@")
bundles=(full)
[[ ${RT_CRASH:-} != all ]] || bundles=(plain full)
((${#operations[@]})) || mapfile -t operations < <("$programs/faults" operations)
offset=0
for bundle in "${bundles[@]}"; do
    for operation in "${operations[@]}"; do
        for fault in kill fail; do
            offset=$((offset + 29)) checks=$((checks + 1))
            mkdir -p "$work/root-$offset"
            "$programs/faults" "$RT" "$work/root-$offset" "$work/$bundle" "$prefix-$bundle" "$operation" $fault \
                "$(every "$operation")" $offset || fail "$operation, $bundle, $fault"
        done
    done
done | tee "$work/figures"
grep -h ' points: ' "$work/figures" | awk '{ for (i = 1; i < NF; i++) if ($i ~ /^[0-9]+$/) { name = $(i + 1); sub(/[,;]/, "", name); sum[name] += $i } }
    END { printf "all: %d points: %d done, %d undone, %d recovered, %d broken\n", sum["points:"], sum["done"], sum["undone"], sum["recovered"], sum["broken"] }'
expect_equal "what is broken" "$(grep BROKEN "$work/figures" || true)" ''
finish
