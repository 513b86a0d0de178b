#!/usr/bin/env bash
# 5,000 mounts in a config, and 10,000 on the host.
source "$(dirname "$0")/lib.bash"

if [[ ${RT_TEST_OWN_MOUNTS:-} != yes ]]; then
    rm -rf "$work"
    trap - EXIT
    RT_TEST_OWN_MOUNTS=yes exec unshare --mount --propagation private "$0"
fi

mkdir "$work/source"
new_bundle many >/dev/null
chmod 755 "$work"
for variant in host user; do
    more=.
    [[ $variant == host ]] || more=$(userns 0:100000:65536)
    new_bundle "$variant" "$more | .root.readonly=false
        | .mounts += [{destination:\"/tmp\",type:\"tmpfs\"}]
            + [range(2500) | {destination:\"/tmp/b\(.)\",type:\"bind\",source:\"$work/source\",options:[\"rbind\",\"ro\"]}]
            + [range(2500) | {destination:\"/tmp/t\(.)\",type:\"tmpfs\",options:[\"size=4k\"]}]
        | .process.args=[\"grep\",\"-cE\",\" /tmp/[bt][0-9]+ \",\"/proc/self/mountinfo\"]" >/dev/null
    expect_status 0 rt run -b "$work/$variant" "$prefix-$variant"
    expect_equal "mounts, $variant" "$out" 5000
    expect_nothing_left "$prefix-$variant"
done

# One that cannot be made, behind thousands that can.
change_config host '.mounts += [{destination:"/tmp/last",type:"tmpfs",options:["colour=red"]}]'
expect_status 125 rt run -b "$work/host" "$prefix-host"
index=$(jq '.mounts | length - 1' "$work/host/config.json")
expect_text "the last mount" "$err" "mount $index (tmpfs on /tmp/last)" "Unknown parameter 'colour'"
expect_nothing_left "$prefix-host"

# The mounts of the host are the kernel's to copy. rt reads them only to find cgroup hierarchies, once, when there are several.
mkdir "$work/host-mounts"
mount -t tmpfs none "$work/host-mounts"
trap 'umount -l "$work/host-mounts"; cleanup' EXIT
for i in $(seq 13); do
    mkdir "$work/host-mounts/$i"
    mount --rbind "$work/host-mounts" "$work/host-mounts/$i" # twice as many each time
done
checks=$((checks + 1))
(($(wc -l </proc/self/mountinfo) > 8192)) || fail "only $(wc -l </proc/self/mountinfo) mounts on the host"
change_config many '.process.args=["cat","/proc/self/mountinfo"]'
expect_status 0 rt run -b "$work/many" "$prefix-many"
checks=$((checks + 1))
(($(wc -l <<<"$out") < 50)) || fail "the container sees $(wc -l <<<"$out") mounts"
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    expect_status 0 strace -qq -f -e trace=openat,openat2 -o "$work/trace" "$RT" --root "$state" run -b "$work/many" "$prefix-many"
    wanted=1
    [[ $(stat -f -c %T /sys/fs/cgroup) != cgroup2fs ]] || wanted=0
    # The container's cat reads its own.
    expect_equal "times that mountinfo is read" "$(grep -c mountinfo "$work/trace" || true)" $((wanted + 1))
fi

finish
