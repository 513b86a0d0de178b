#!/usr/bin/env bash
# What mount options do that mountinfo does not show, and what their messages say.
source "$(dirname "$0")/lib.bash"

with_mount() { echo ".mounts += [$1]"; }
show_mount() { echo ".process.args=[\"grep\",\" $1 \",\"/proc/self/mountinfo\"]"; }

# Unknown words are the file system's, and so is the answer.
new_bundle unknown "$(with_mount '{destination:"/x",type:"tmpfs",options:["nosuid","colour=red"]}')" >/dev/null
expect_status 125 rt run -b "$work/unknown" "$prefix-unknown"
expect_text unknown "$err" "(tmpfs on /x)" "tmpfs: Unknown parameter 'colour'" "(EINVAL)"
expect_nothing_left "$prefix-unknown"

new_bundle warned "$(with_mount '{destination:"relative/x",type:"bind",source:"/etc/passwd",options:["bind","ro","mode=755","sync"]}') | $(show_mount /relative/x) | .root.readonly=false" >/dev/null
expect_status 0 rt run -b "$work/warned" "$prefix-warned"
expect_text warned "$out" " /relative/x ro,"
index=$(jq '.mounts | length - 1' "$work/warned/config.json")
expect_text warned "$err" "/mounts/$index/options/2: 'mode' is ignored" "/mounts/$index/options/3: 'sync' is ignored" \
    "/mounts/$index/destination: the relative path 'relative/x' is taken from '/'"

new_bundle propagation >/dev/null
for word in bogus Shared 'slave '; do
    change_config propagation ".linux.rootfsPropagation=\"$word\""
    expect_status 125 rt run -b "$work/propagation" "$prefix-propagation"
    expect_text "rootfsPropagation $word" "$err" /linux/rootfsPropagation "'$word' is none of shared, slave, private, unbindable"
    expect_nothing_left "$prefix-propagation"
done

for path in maskedPaths readonlyPaths; do
    new_bundle "$path" ".linux.$path=[\"/ok\",\"proc/kcore\"]" >/dev/null
    expect_status 125 rt run -b "$work/$path" "$prefix-paths"
    expect_text "$path" "$err" "/linux/$path/1" absolute proc/kcore
done

for option in nofail X-mount.subdir=a; do
    new_bundle "$option" "$(with_mount "{destination:\"/x\",type:\"tmpfs\",options:[\"ro\",\"$option\"]}")" >/dev/null
    expect_status 125 rt run -b "$work/$option" "$prefix-refused"
    expect_text "$option" "$err" "/mounts/$index/options/1" "'$option' is not supported"
done

# silent and iversion are in no file that can be read: the system call shows them.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    for variant in host user; do
        more=.
        [[ $variant == host ]] || more=$(userns 0:100000:65536)
        flags() {  # NAME OPTION...
            new_bundle "$variant-$1" "$(with_mount "{destination:\"/tmp\",type:\"tmpfs\",options:$2}") | $(show_mount /tmp) | $more" >/dev/null
            expect_status 0 strace -qq -f -e trace=mount -o "$work/trace" "$RT" --root "$state" run -b "$work/$variant-$1" "$prefix-flags"
        }
        flags with '["silent","iversion","dirsync","noexec","mode=700"]'
        expect_text "silent, iversion" "$(<"$work/trace")" MS_SILENT MS_I_VERSION MS_DIRSYNC '"mode=700"'
        expect_text "silent, iversion" "$out" " /tmp rw,noexec,relatime" dirsync mode=700
        flags without '["silent","loud","iversion","noiversion"]'
        checks=$((checks + 1))
        ! grep -qE 'MS_SILENT|MS_I_VERSION' "$work/trace" || fail "loud or noiversion: $(<"$work/trace")"
    done
fi

# A disk, which the container's device rules do not know. "silent" keeps the kernel's log quiet about one without a file system.
if command -v losetup >/dev/null && dmesg >/dev/null 2>&1; then
    truncate -s 1M "$work/disk"
    if loop=$(losetup --find --show "$work/disk" 2>/dev/null); then
        trap 'losetup -d "$loop"; cleanup' EXIT
        for word in loud silent; do
            new_bundle "disk-$word" "$(with_mount "{destination:\"/x\",type:\"ext4\",source:\"$loop\",options:[\"$word\"]}")" >/dev/null
            lines() { dmesg | grep -c "(${loop#/dev/}): VFS: Can't find ext4 filesystem" || true; }
            before=$(lines)
            expect_status 125 rt run -b "$work/disk-$word" "$prefix-disk"
            expect_text "$word" "$err" "(ext4 on /x)" "(EINVAL)"
            [[ $word == silent ]] && wanted=0 || wanted=1
            expect_equal "$word: lines in the kernel's log" "$(($(lines) - before))" $wanted
        done
        disk() {  # NAME OPTIONS MORE: what mountinfo says
            new_bundle "$1" "$(with_mount "{destination:\"/x\",type:\"ext4\",source:\"$loop\",options:$2}") | $(show_mount /x) | $3" >/dev/null
            expect_status 0 rt run -b "$work/$1" "$prefix-$1"
        }
        if mkfs.ext4 -q -F "$work/disk" 2>/dev/null; then
            chmod 777 "$work/rootfs"
            for variant in host user; do
                more=.
                [[ $variant == host ]] || more=$(userns 0:100000:65536)
                disk "$variant-writable" '["lazytime","nodev","iversion","errors=remount-ro"]' "$more"
                expect_text "disk, $variant" "$out" " /x rw,nodev,relatime - ext4 $loop rw," lazytime errors=remount-ro
                disk "$variant-read-only" '["ro","sync"]' "$more"
                expect_text "disk, $variant" "$out" " /x ro,relatime - ext4 $loop ro,sync"
            done
            disk remounted '["ro"]' ".mounts += [{destination:\"/x\",options:[\"remount\",\"rw\",\"sync\"]}]"
            expect_text "disk, remounted" "$out" " /x rw,relatime - ext4 $loop rw,sync"
        fi
    fi
fi

finish
